import { close, open, write } from "node:fs";

/** A file written at given places, without waiting: the tick must never block on a disk. */
export interface RecordingFile {
  write(bytes: Uint8Array, position: number, done: (failure: Error | null) => void): void;
  close(done: () => void): void;
}

/** Creates (or empties) the file. */
export type OpenRecordingFile = (
  path: string,
  done: (file: RecordingFile | null, failure: Error | null) => void,
) => void;

export const openRecordingFile: OpenRecordingFile = (path, done) => {
  open(path, "w", 0o640, (failure, fd) => {
    if (failure === null) done(diskFile(fd), null);
    else done(null, failure);
  });
};

function diskFile(fd: number): RecordingFile {
  return {
    write: (bytes, position, done) => writeAll(fd, bytes, position, done),
    close: (done) => close(fd, () => done()),
  };
}

/** A write may stop short (a disk that is nearly full): the rest is tried until an error says why. */
function writeAll(fd: number, bytes: Uint8Array, position: number, done: (failure: Error | null) => void): void {
  write(fd, bytes, 0, bytes.length, position, (failure, written) => {
    if (failure !== null) done(failure);
    else if (written < bytes.length) writeAll(fd, bytes.subarray(written), position + written, done);
    else done(null);
  });
}
