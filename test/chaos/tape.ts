// What the relay plays: a simulated network's recording, again and again under other accounts and later
// times. Making signed repos is slow; the shuffler does not ask who signed.

import { identityFrame, messageFrame } from "../../bench/simulated-relay/frame.ts";
import { createSimulatedNetwork } from "../../bench/simulated-relay/network.ts";
import { readFrame } from "../../bench/simulated-relay/read-frame.ts";
import { LOCAL_FRAMES } from "../../shuffler/trusted-time/limits.ts";
import { text } from "../support/reference.ts";

export type TapeOptions = {
  readonly seed: number;
  /** Frames in all, at least. */
  readonly frames: number;
  /** Event time passes as if the relay sent so many frames a second. */
  readonly framesPerSecond: number;
};

const ROUND_FRAMES = 1500;
const ACCOUNTS = 150;
const START_MS = Date.UTC(2026, 6, 4, 12);
const FIRST_SEQ = 1_000_001;
const CLOSING_FRAMES = 2 * LOCAL_FRAMES;

export async function makeTape(options: TapeOptions): Promise<Uint8Array[]> {
  const roundMs = (ROUND_FRAMES / options.framesPerSecond) * 1000;
  const round = await makeRound(options.seed, roundMs);
  const tape: Uint8Array[] = [];
  for (let index = 0; tape.length < options.frames; index += 1) {
    const shift = { index, seqs: index * ROUND_FRAMES, ms: Math.round(index * roundMs) };
    for (const frame of round) tape.push(await shifted(frame, shift));
  }
  return tape;
}

/**
 * One event of somebody else, later than everything: it closes the windows that end before. It comes in many
 * frames: a single one that is ahead of all others would not be believed.
 */
export async function closingFrames(firstSeq: number, timeMs: number): Promise<Uint8Array[]> {
  const time = new Date(timeMs).toISOString();
  const did = "did:plc:zzzzzzzzzzzzzzzzzzzzzzzz";
  const seqs = Array.from({ length: CLOSING_FRAMES }, (_, i) => firstSeq + i);
  const made = seqs.map((seq) => identityFrame(did, "closing.test", { seq, time }));
  return (await Promise.all(made)).map(({ bytes }) => bytes);
}

async function makeRound(seed: number, durationMs: number): Promise<Uint8Array[]> {
  const network = await createSimulatedNetwork({
    seed,
    accounts: ACCOUNTS,
    events: ROUND_FRAMES,
    durationMs,
    startMs: START_MS,
    firstSeq: FIRST_SEQ,
  });
  const frames: Uint8Array[] = [];
  for await (const { seq, bytes } of network.frames) if (seq !== null) frames.push(bytes);
  return frames;
}

type Shift = { readonly index: number; readonly seqs: number; readonly ms: number };

async function shifted(frame: Uint8Array, { index, seqs, ms }: Shift): Promise<Uint8Array> {
  const { type, body } = readFrame(frame);
  const owner = type === "#commit" ? "repo" : "did";
  const moved = {
    ...body,
    seq: Number(body.seq) + seqs,
    time: new Date(Date.parse(text(body.time)) + ms).toISOString(),
    [owner]: `${text(body[owner])}${letters(index)}`,
  };
  return (await messageFrame(type ?? "", moved.seq, moved)).bytes;
}

/** `aa`, `ab`, …: makes another account of a round's one. */
function letters(index: number): string {
  return [Math.floor(index / 26), index % 26].map((i) => String.fromCharCode(97 + i)).join("");
}
