import type { WasmFunction, WasmMemory, WasmModule } from "./wasm.ts";
import { wasm } from "./wasm.ts";

/** The errors and file types of WASI (snapshot preview 1) that are used here. */
const SUCCESS = 0;
const BAD_DESCRIPTOR = 8;
const NO_ENTRY = 44;
const CHARACTER_DEVICE = 2;
const DIRECTORY = 3;
const REGULAR_FILE = 4;
const CREATE = 1;

/** The one folder, and the one file that can be created in it. */
const FOLDER_FD = 3;
const FILE_FD = 4;
const FOLDER_NAME = "/";
const WHENCE_CURRENT = 1;
const WHENCE_END = 2;
/** More output than the longest text can make: 16 kHz, 16 bit, 15 minutes. */
const MAX_FILE_BYTES = 32 * 1024 * 1024;
const FIRST_FILE_BYTES = 64 * 1024;
const ALL_RIGHTS = 0xffff_ffff_ffff_ffffn;

/** Ends the program: thrown by `proc_exit`, which does not return. */
class Exit extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`the program ended with ${code}`);
    this.code = code;
  }
}

/**
 * Runs a WASI program that writes one file, and returns that file; null if it wrote none or failed. It sees its
 * arguments and an empty folder in memory, and nothing of this machine: neither files nor clock.
 */
export function runWasi(module: WasmModule, args: readonly string[]): Buffer | null {
  const host = new Host(args);
  const { exports } = new wasm.Instance(module, { wasi_snapshot_preview1: host.imports() });
  const { memory, _start: start } = exports;
  if (!(memory instanceof wasm.Memory) || typeof start !== "function") return null;
  host.memory = memory;
  try {
    start();
  } catch (error) {
    if (!(error instanceof Exit)) throw error;
    if (error.code !== 0) return null;
  }
  return host.written();
}

/** The system that such a program sees. Names are those of the specification. */
class Host {
  memory: WasmMemory | null = null;
  readonly #args: readonly Buffer[];
  #file: Buffer | null = null;
  #size = 0;
  #position = 0;

  constructor(args: readonly string[]) {
    this.#args = args.map((arg) => Buffer.from(`${arg.replaceAll("\0", " ")}\0`));
  }

  written(): Buffer | null {
    return this.#file?.subarray(0, this.#size) ?? null;
  }

  imports(): Readonly<Record<string, WasmFunction>> {
    return {
      args_sizes_get: (count: number, bytes: number) => this.#argsSizes(count, bytes),
      args_get: (pointers: number, bytes: number) => this.#argsGet(pointers, bytes),
      clock_time_get: (_clock: number, _precision: bigint, time: number) => this.#store64(time, 0n),
      fd_close: () => SUCCESS,
      fd_fdstat_get: (fd: number, at: number) => this.#stat(fd, at),
      fd_fdstat_set_flags: () => SUCCESS,
      fd_prestat_get: (fd: number, at: number) => this.#prestat(fd, at),
      fd_prestat_dir_name: (fd: number, at: number) => this.#folderName(fd, at),
      fd_read: (_fd: number, _pieces: number, _count: number, read: number) => this.#store32(read, 0),
      fd_seek: (fd: number, offset: bigint, whence: number, at: number) => this.#seek(fd, offset, whence, at),
      fd_write: (fd: number, pieces: number, count: number, at: number) => this.#write(fd, pieces, count, at),
      path_open: (...of: unknown[]) => this.#open(Number(of[4]), Number(of[8])),
      proc_exit: (code: number) => {
        throw new Exit(code);
      },
    };
  }

  /** Created each time, because the memory gets a new buffer when it grows. */
  get #view(): DataView {
    if (this.memory === null) throw new Error("the program runs before its memory is known");
    return new DataView(this.memory.buffer);
  }

  #store32(at: number, value: number): number {
    this.#view.setUint32(at, value, true);
    return SUCCESS;
  }

  #store64(at: number, value: bigint): number {
    this.#view.setBigUint64(at, value, true);
    return SUCCESS;
  }

  #argsSizes(count: number, bytes: number): number {
    this.#store32(count, this.#args.length);
    return this.#store32(
      bytes,
      this.#args.reduce((sum, { length }) => sum + length, 0),
    );
  }

  #argsGet(pointers: number, bytes: number): number {
    let at = bytes;
    for (const [index, arg] of this.#args.entries()) {
      this.#store32(pointers + 4 * index, at);
      new Uint8Array(this.#view.buffer).set(arg, at);
      at += arg.length;
    }
    return SUCCESS;
  }

  #stat(fd: number, at: number): number {
    if (fd > FILE_FD) return BAD_DESCRIPTOR;
    const view = this.#view;
    view.setUint8(at, fd === FOLDER_FD ? DIRECTORY : fd === FILE_FD ? REGULAR_FILE : CHARACTER_DEVICE);
    view.setUint16(at + 2, 0, true);
    this.#store64(at + 8, ALL_RIGHTS);
    return this.#store64(at + 16, ALL_RIGHTS);
  }

  #prestat(fd: number, at: number): number {
    if (fd !== FOLDER_FD) return BAD_DESCRIPTOR;
    this.#store32(at, 0);
    return this.#store32(at + 4, FOLDER_NAME.length);
  }

  #folderName(fd: number, at: number): number {
    if (fd !== FOLDER_FD) return BAD_DESCRIPTOR;
    new Uint8Array(this.#view.buffer).set(Buffer.from(FOLDER_NAME), at);
    return SUCCESS;
  }

  /** Only a new file can be opened: there is nothing to read. */
  #open(flags: number, at: number): number {
    if ((flags & CREATE) === 0) return NO_ENTRY;
    this.#file = Buffer.alloc(FIRST_FILE_BYTES);
    this.#size = 0;
    this.#position = 0;
    return this.#store32(at, FILE_FD);
  }

  #seek(fd: number, offset: bigint, whence: number, at: number): number {
    if (fd !== FILE_FD) return BAD_DESCRIPTOR;
    const from = whence === WHENCE_END ? this.#size : whence === WHENCE_CURRENT ? this.#position : 0;
    this.#position = Math.max(0, from + Number(offset));
    return this.#store64(at, BigInt(this.#position));
  }

  /** Standard output and error are discarded. */
  #write(fd: number, pieces: number, count: number, at: number): number {
    const view = this.#view;
    let written = 0;
    for (let i = 0; i < count; i++) {
      const from = view.getUint32(pieces + 8 * i, true);
      const length = view.getUint32(pieces + 8 * i + 4, true);
      if (fd === FILE_FD) this.#append(Buffer.from(view.buffer, from, length));
      written += length;
    }
    return this.#store32(at, written);
  }

  #append(bytes: Buffer): void {
    const end = this.#position + bytes.length;
    if (this.#file === null || end > MAX_FILE_BYTES) throw new Exit(1);
    if (end > this.#file.length) {
      const larger = Buffer.alloc(Math.max(end, 2 * this.#file.length));
      this.#file.copy(larger, 0, 0, this.#size);
      this.#file = larger;
    }
    bytes.copy(this.#file, this.#position);
    this.#position = end;
    this.#size = Math.max(this.#size, end);
  }
}
