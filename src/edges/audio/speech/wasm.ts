/** As much of the WebAssembly interface as is used: the compiler knows it only together with the whole browser's. */
export interface WasmModule {
  /** Nothing else is a compiled module. */
  readonly [Symbol.toStringTag]: "WebAssembly.Module";
}

export interface WasmMemory {
  /** Another one after the memory has grown. */
  readonly buffer: ArrayBuffer;
}

export type WasmFunction = (...values: never[]) => unknown;

interface Wasm {
  readonly Module: new (code: Uint8Array) => WasmModule;
  readonly Instance: new (
    module: WasmModule,
    imports: Readonly<Record<string, Readonly<Record<string, WasmFunction>>>>,
  ) => { readonly exports: Readonly<Record<string, unknown>> };
  readonly Memory: new (size: { readonly initial: number }) => WasmMemory;
}

export const { WebAssembly: wasm } = globalThis as unknown as { readonly WebAssembly: Wasm };
