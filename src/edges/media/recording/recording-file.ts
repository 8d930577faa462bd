import { close, mkdir, open, write } from "node:fs";
import { dirname } from "node:path";

/** Recordings are readable only by the platform's own user and group. */
const FILE_MODE = 0o640;

/** A file that is written at positions without waiting: the tick must never block on a disk. */
export interface RecordingFile {
  write(bytes: Uint8Array, position: number, done: (failure: Error | null) => void): void;
  close(done: () => void): void;
}

/** Creates (or truncates) the file and its folders. `done` is never called before this returns. */
export type OpenRecordingFile = (
  path: string,
  done: (file: RecordingFile | null, failure: Error | null) => void,
) => void;

export const openRecordingFile: OpenRecordingFile = (path, done) => {
  mkdir(dirname(path), { recursive: true }, (folderError) => {
    if (folderError !== null) {
      done(null, folderError);
      return;
    }
    open(path, "w", FILE_MODE, (failure, fd) => {
      if (failure === null) done(diskFile(fd), null);
      else done(null, failure);
    });
  });
};

function diskFile(fd: number): RecordingFile {
  return {
    write: (bytes, position, done) => writeAll(fd, bytes, position, done),
    close: (done) => close(fd, () => done()),
  };
}

/** A write may be short (a disk that is nearly full): the rest is retried until an error says why. */
function writeAll(fd: number, bytes: Uint8Array, position: number, done: (failure: Error | null) => void): void {
  write(fd, bytes, 0, bytes.length, position, (failure, written) => {
    if (failure !== null) done(failure);
    else if (written < bytes.length) writeAll(fd, bytes.subarray(written), position + written, done);
    else done(null);
  });
}
