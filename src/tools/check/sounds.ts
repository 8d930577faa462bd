import { validateAudio } from "../../core/contract/answer.ts";
import { maskCredentials } from "../../core/contract/query.ts";
import type { Downloaded } from "../../edges/http-client/types.ts";
import type { Exchanged } from "./exchange.ts";
import { pairFindings, WARNING } from "./issue-collector.ts";
import type { Levels } from "./issue-collector.ts";
import type { ProbeSession } from "./probe-session.ts";
import { ProbeEnds } from "./probe-session.ts";
import { audioRequest, SoundRequest } from "./sound-request.ts";

/** Audio URLs checked per endpoint: a Connect answer names at most two, and they rarely change. */
const MAX_SOUNDS = 4;

/** RES-17, RES-23, RES-27: whether the audio that the answers name exists and can be played. */
export async function checkSounds(session: ProbeSession): Promise<void> {
  const urls = [...session.endpoint.audio].slice(0, MAX_SOUNDS);
  if (urls.length === 0) throw new ProbeEnds("no answer named any");
  for (const [url, asked] of urls) {
    const sound = new SoundRequest(session.deps, url, session.endpoint.configuredUrl);
    if (await isServed(session, url, asked, sound)) await checkFile(session, url, asked, await sound.file());
    sound.cancel();
  }
}

/** The platform's own check: HEAD, or GET, within what is left of the answer's 5 s. */
async function isServed(session: ProbeSession, url: string, asked: Exchanged, sound: SoundRequest): Promise<boolean> {
  const { deadlineMs, slowMs } = session.target.limits;
  const { outcome, elapsedMs } = await sound.check(Math.max(1, deadlineMs - asked.elapsedMs));
  const strict = validateAudio(url, outcome, "strict");
  const lenient = validateAudio(url, outcome, "lenient");
  for (const { finding, levels } of pairFindings(strict.findings, lenient.findings)) {
    const { rule, path, message } = finding;
    const repeat = audioRequest(url);
    session.note(asked, { id: strict.ok ? "audio-format" : "audio", rule, path, message, levels, repeat });
  }
  const sum = asked.elapsedMs + elapsedMs;
  if (strict.ok && sum > slowMs) {
    const message = `The answer and the check of its audio together took ${sum} ms of ${deadlineMs} ms.`;
    session.note(asked, { id: "slow", message, path: maskCredentials(url) });
  }
  return strict.ok;
}

const UNPLAYABLE: Levels = { strict: "error", lenient: "warning" };

/** What the file itself is, whatever its media type says. */
async function checkFile(session: ProbeSession, url: string, asked: Exchanged, file: Downloaded): Promise<void> {
  const path = maskCredentials(url);
  const note = (id: "audio" | "audio-format", levels: Levels, what: string): void =>
    session.note(asked, { id, levels, message: `${path} ${what}.`, path, repeat: audioRequest(url) });
  if (!file.ok) return note("audio", UNPLAYABLE, `could not be downloaded: ${file.detail.replace(/\.$/, "")}`);
  if (file.status !== 200) return note("audio", UNPLAYABLE, `answered the download with status ${file.status}`);
  const decoded = await session.deps.decode(file.body);
  if (!decoded.ok) return note("audio", UNPLAYABLE, `cannot be played: it ${decoded.error}`);
  const format = session.deps.formatOf(file.body);
  if (format?.best === false) note("audio-format", WARNING, `is ${format.name}; best is WAV, 8 kHz, 16 bit, mono`);
}
