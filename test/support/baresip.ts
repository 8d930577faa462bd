import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Sine } from "../../src/edges/media/sound/tone.ts";
import { parseWav, wavHeader } from "../../src/edges/media/sound/wav.ts";

export interface BaresipOptions {
  readonly user: string;
  readonly port: number;
  readonly codec: "PCMU" | "PCMA";
  /** What it sends during the call. */
  readonly toneHz: number;
  readonly rtpPorts: string;
  /** The number it calls at once; null: it waits for a call and answers it. */
  readonly calls: string | null;
  /** It quits after this time, which hangs up. */
  readonly seconds: number;
}

/** A running baresip with a tone as its microphone and a file as its loudspeaker. */
export interface Baresip {
  /** What it received, 8 kHz, once it has quit. */
  received(): Promise<Int16Array>;
  stop(): Promise<void>;
}

const RATE = 8000;

export async function startBaresip(options: BaresipOptions): Promise<Baresip> {
  const folder = await mkdtemp(join(tmpdir(), "baresip-"));
  await writeTone(join(folder, "tone.wav"), options.toneHz, options.seconds);
  await writeFile(join(folder, "config"), configOf(options, folder));
  await writeFile(join(folder, "accounts"), accountOf(options));
  await writeFile(join(folder, "contacts"), "");
  const commands = options.calls === null ? [] : ["-e", `/dial ${options.calls}`];
  const child = spawn("baresip", ["-f", folder, "-t", String(options.seconds), ...commands], {
    stdio: ["pipe", "ignore", "ignore"],
  });
  const exited = new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", () => resolve());
  });
  return {
    received: async () => {
      await exited;
      return decoded(folder);
    },
    stop: () => stop(child, exited, folder),
  };
}

async function stop(child: ChildProcess, exited: Promise<void>, folder: string): Promise<void> {
  child.kill("SIGKILL");
  await exited;
  await rm(folder, { recursive: true, force: true });
}

function configOf({ port, rtpPorts }: BaresipOptions, folder: string): string {
  return [
    "net_interface 127.0.0.1",
    `sip_listen 127.0.0.1:${port}`,
    `audio_source aufile,${join(folder, "tone.wav")}`,
    `audio_player aubridge,p${port}`,
    `audio_alert aubridge,a${port}`,
    "ausrc_srate 8000",
    "auplay_srate 8000",
    "ausrc_channels 1",
    "auplay_channels 1",
    `rtp_ports ${rtpPorts}`,
    "module_path /usr/lib/baresip/modules",
    ...["stdio", "g711", "aufile", "aubridge", "sndfile"].map((name) => `module ${name}.so`),
    "module_app account.so",
    "module_app menu.so",
    `snd_path ${folder}`,
    "",
  ].join("\n");
}

function accountOf({ user, port, codec }: BaresipOptions): string {
  return `<sip:${user}@127.0.0.1:${port}>;regint=0;answermode=auto;audio_codecs=${codec}/8000/1\n`;
}

async function writeTone(file: string, hz: number, seconds: number): Promise<void> {
  const samples = new Int16Array(RATE * seconds);
  new Sine([hz]).fill(samples);
  const data = Buffer.from(samples.buffer);
  await writeFile(file, Buffer.concat([wavHeader(1, data.length), data]));
}

async function decoded(folder: string): Promise<Int16Array> {
  const name = (await readdir(folder)).find((file) => file.endsWith("-dec.wav"));
  if (name === undefined) throw new Error("baresip recorded nothing: there was no call");
  const wav = parseWav(await readFile(join(folder, name)));
  return Int16Array.from({ length: wav.length }, (_, i) => wav.sample(i));
}
