/** The part of the WebAssembly interface that is used: TypeScript provides it only together with all browser types. */
export interface WasmModule {
  /** Keeps other values from passing as a compiled module. */
  readonly [Symbol.toStringTag]: "WebAssembly.Module";
}

export interface WasmMemory {
  /** Replaced when the memory grows. */
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
