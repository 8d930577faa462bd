import { describe, expect, it } from "vitest";
import type { Log } from "../../../base/log.ts";
import { silentLog } from "../../../base/log.ts";
import { ok } from "../../../base/result.ts";
import { VirtualClock } from "../../../base/virtual-clock.ts";
import type { Fetcher } from "../../http-client/fetcher.ts";
import type { Downloaded, FetchOptions, OutboundRequest } from "../../http-client/types.ts";
import { decodeAudio } from "../decode/decode.ts";
import { phoneWav } from "../testing/sounds.ts";
import type { AudioProcessor, AudioJob } from "../audio-worker.ts";
import { BuiltInSpeech } from "./built-in-engine.ts";
import { HttpSpeech } from "./http-engine.ts";

function worker(): { readonly made: AudioJob[]; readonly worker: AudioProcessor } {
  const made: AudioJob[] = [];
  const process = (work: AudioJob) => {
    made.push(work);
    return work.kind === "decode" ? decodeAudio(Buffer.from(work.file)) : Promise.resolve(ok(new Int16Array(8)));
  };
  return { made, worker: { process } };
}

describe("the built-in voice", () => {
  it("reads other languages as if they were English, and logs that once", async () => {
    const warnings: object[] = [];
    const log: Log = { ...silentLog, warn: (fields) => warnings.push(fields) };
    const { made, worker: processor } = worker();
    const voice = new BuiltInSpeech(processor, log);
    await voice.speak("Hello", "en-IN", "acme");
    expect(warnings).toEqual([]);
    await voice.speak("Bonjour", "fr-FR", "acme");
    await voice.speak("Bonsoir", "fr", "acme");
    expect(warnings).toEqual([{ language: "fr" }]);
    expect(made).toEqual(["Hello", "Bonjour", "Bonsoir"].map((text) => ({ kind: "speak", text })));
  });

  it("does not speak texts in other scripts", async () => {
    const voice = new BuiltInSpeech(worker().worker, silentLog);
    expect(await voice.speak("नमस्ते", "hi", "acme")).toEqual({
      ok: false,
      error: "cannot be spoken: the built-in voice speaks English only (PLUGBOARD_TTS_URL names another)",
    });
  });
});

describe("a speech service", () => {
  function service(answer: Downloaded) {
    const asked: { request: OutboundRequest; options: FetchOptions }[] = [];
    const fetcher: Pick<Fetcher, "download"> = {
      download: (request, _limit, options) => {
        asked.push({ request, options });
        return Promise.resolve(answer);
      },
    };
    return { asked, voice: new HttpSpeech("http://10.0.0.5:5002/speak", fetcher, worker().worker, new VirtualClock()) };
  }
  const answered = (status: number, body: Buffer): Downloaded => ({
    ok: true,
    status,
    contentType: null,
    validators: { etag: null, lastModified: null },
    body,
  });

  it("is sent text and language as JSON, even inside our network, and answers with audio", async () => {
    const { asked, voice } = service(answered(200, phoneWav(1000, 1)));
    const spoken = await voice.speak("नमस्ते", "hi-IN", "acme");
    expect(spoken.ok && spoken.value.length).toBe(8000);
    expect(asked).toEqual([
      {
        request: {
          method: "POST",
          url: "http://10.0.0.5:5002/speak",
          headers: { accept: "audio/wav", "content-type": "application/json" },
          authorization: null,
          body: '{"text":"नमस्ते","language":"hi-IN"}',
        },
        options: { purpose: "speech", account: "", deadlineMs: 30_000, allowPrivate: true },
      },
    ]);
  });

  it.each<[string, Downloaded, string]>([
    ["an error", answered(500, Buffer.from("no")), "the speech service answered 500"],
    ["no audio", answered(200, Buffer.from("{}")), "what the speech service answered is JSON, not audio"],
    ["nothing", { ok: false, reason: "refused", detail: "Refused." }, "the speech service failed (Refused.)"],
  ])("that answers with %s is reported", async (_, answer, expected) => {
    const { voice } = service(answer);
    expect(await voice.speak("Hello", "en", "acme")).toEqual({ ok: false, error: `cannot be spoken: ${expected}` });
  });
});
