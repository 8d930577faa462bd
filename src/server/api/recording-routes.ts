import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { FastifyInstance, FastifyReply } from "fastify";
import { z } from "zod";
import { recordingFile } from "../exchange/recording-files.ts";
import type { ApiOptions } from "./api-options.ts";
import { authenticate } from "./authenticate.ts";
import { typed } from "./openapi/typed-routes.ts";
import { problem } from "./problem.ts";

const RECORDING_ID = /^[A-Za-z0-9_-]{1,80}$/;

/** Audio formats that a program may ask for, but for which we have no encoder. */
const OTHER_FORM = /\.(?:mp3|ogg|opus|flac|m4a|aac)$/i;

const LINK = [{ basic: [] }, { signedLink: [] }];
const wav = { content: { "audio/wav": { schema: z.unknown() } } };
const SCHEMA = {
  operationId: "recordings.get",
  summary: "A recording, or a range of it",
  description:
    "8 kHz, 16 bits; if there are two channels, the caller is left and the callee right. `Range: bytes=…` returns a part.",
  security: LINK,
  params: z.object({
    account: z.string(),
    file: z.string().describe("The recording's id and `.wav`"),
  }),
  querystring: z.object({
    expires: z.string().optional().describe("From a signed link"),
    signature: z.string().optional().describe("From a signed link"),
  }),
  response: { 200: wav, 206: wav },
  refusals: {
    404: "The account has no such recording",
    406: "Recordings are available only as WAV files",
    416: "The recording has no such range",
  },
};

/** An account's recordings as WAV files, for holders of a key or a signed link. */
export function recordingRoutes(app: FastifyInstance, options: ApiOptions): void {
  const { links, clock, access } = options;
  app.addHook("onRequest", async (request, reply) => {
    const { account, file } = request.params as { readonly account: string; readonly file: string };
    const { expires, signature } = request.query as Readonly<Record<string, unknown>>;
    if (links.allows(account, file, expires, signature, clock.now())) return undefined;
    return authenticate(access, request, reply);
  });
  typed(app).get("/recordings/:file", { schema: SCHEMA }, ({ params, headers }, reply) =>
    recording(options, params.account, params.file, headers.range, reply),
  );
}

/** Answers a recording or one range of it; one still being written is served as far as it goes. */
async function recording(
  { store, recordingsDir }: ApiOptions,
  account: string,
  file: string,
  range: string | undefined,
  reply: FastifyReply,
): Promise<FastifyReply> {
  if (OTHER_FORM.test(file))
    return problem(reply, 406, `recordings are WAV files: ask for ${file.replace(OTHER_FORM, ".wav")}`);
  const id = file.endsWith(".wav") ? file.slice(0, -".wav".length) : "";
  if (!RECORDING_ID.test(id)) return problem(reply, 404, `there is no recording ${file}`);
  const stored = await store.getRecording(account, id);
  const path = join(recordingsDir, stored?.file ?? recordingFile(account, id));
  const size = await sizeOf(path);
  if (size === null) return problem(reply, 404, `there is no recording ${file}`);
  void reply.type("audio/wav").header("accept-ranges", "bytes");
  const wanted = range === undefined ? null : byteRange(range, size);
  if (wanted === null)
    return reply.header("content-length", size).send(createReadStream(path, { end: Math.max(0, size - 1) }));
  if (wanted === "unsatisfiable")
    return problem(reply.header("content-range", `bytes */${size}`), 416, `the recording has ${size} bytes`);
  const [start, end] = wanted;
  return reply
    .code(206)
    .header("content-range", `bytes ${start}-${end}/${size}`)
    .header("content-length", end - start + 1)
    .send(createReadStream(path, { start, end }));
}

async function sizeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).size;
  } catch {
    return null; // missing or not readable: the same for the client
  }
}

/** One `bytes=` range (RFC 9110 14.1.2); null: ignore the header, as is allowed for several ranges or other units. */
function byteRange(header: string, size: number): [number, number] | "unsatisfiable" | null {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header);
  if (match === null || (match[1] === "" && match[2] === "")) return null;
  const suffix = match[1] === "";
  const start = suffix ? Math.max(0, size - Number(match[2])) : Number(match[1]);
  const end = suffix || match[2] === "" ? size - 1 : Math.min(Number(match[2]), size - 1);
  return start > end || start >= size ? "unsatisfiable" : [start, end];
}
