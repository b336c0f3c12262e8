// Records that ought to stop a pipeline: odd and huge keys, lists of hundreds of elements, results larger than a
// message, payloads that are none, and a fault put in by hand at which every task fails. Nothing else may differ.

import { END_OF_TIME_MS } from "../../plan/event.ts";
import { commitSubject, HEADER } from "../../plan/names.ts";
import type { InputMessage } from "../../runtime/core/message.ts";
import { StageRunner } from "../../runtime/core/stage-runner.ts";
import { encodeRecord } from "../../runtime/eval/codec.ts";
import type { FirehoseMessage } from "../../runtime/plan-driver.ts";
import type { Random } from "../../runtime/testing/random.ts";
import { LIKE, PARTITIONS, type SimEvent } from "./events.ts";

/** A result with it is larger than a message of the smallest server. */
const GIANT = "g".repeat(33_000);
const ODD_POSTS: readonly string[] = [
  "__proto__",
  "constructor",
  "",
  "\u0001".repeat(3000),
  "\u{1F600}".repeat(500),
  "a".repeat(20_000),
  "\u202E\u0000|:~",
];
const ODD_SHARE = 0.04;
const GIANT_SHARE = 0.01;
const LABELS_SHARE = 0.02;
const LABELS_MOST = 300;
const HOSTILE_SHARE = 0.03;
/** Tasks fail at an event of it. */
const POISON_DID = "did:plc:poison";
const END = String(END_OF_TIME_MS);
const FAULT = "poison of the simulation";

/** The same events, some with such values. @param giants whether some have a key that no result may hold */
export function withOddValues(
  events: readonly SimEvent[],
  random: Random,
  giants: boolean,
): SimEvent[] {
  return events.map((event) => {
    const isOdd = random.chance(ODD_SHARE);
    const odd = ODD_POSTS[random.int(ODD_POSTS.length)] ?? event.post;
    const post = giants && random.chance(GIANT_SHARE) ? GIANT : isOdd ? odd : event.post;
    if (!random.chance(LABELS_SHARE)) return { ...event, post };
    // All of them together fit a message of a topic.
    const labels = Array.from({ length: random.int(LABELS_MOST) }, () =>
      "x".repeat(1 + random.int(random.chance(0.02) ? 1000 : 3)),
    );
    return { ...event, post, labels };
  });
}

/** Whether a result is one that is put aside because it is too large. */
export function isGiant(record: Readonly<Record<string, unknown>>): boolean {
  return JSON.stringify(record).includes(GIANT);
}

export type Hostile = {
  readonly messages: readonly FirehoseMessage[];
  /** Of those that were put in between. */
  readonly thrown: number;
  readonly malformed: number;
};

/** Puts messages in between that have no effect but a dead letter each. */
export function withHostile(messages: readonly FirehoseMessage[], random: Random): Hostile {
  const all: FirehoseMessage[] = [];
  let [thrown, malformed] = [0, 0];
  const end = messages.findIndex(({ headers }) => headers.get(HEADER.watermark) === END);
  for (const [i, message] of messages.entries()) {
    all.push(message);
    if (i >= end || !random.chance(HOSTILE_SHARE)) continue;
    const isThrown = random.chance(0.5);
    if (isThrown) thrown += 1;
    else malformed += 1;
    const payload = isThrown ? poisonEvent() : drawMalformed(random);
    const subject = commitSubject(random.int(PARTITIONS), "create", LIKE);
    all.push({ subject, headers: new Map(), payload });
  }
  return { messages: all, thrown, malformed };
}

function poisonEvent(): Uint8Array {
  const event = { did: POISON_DID, seq: 1, time: 0, kind: "commit", op: "create", rkey: "r" };
  return encodeRecord({ ...event, collection: LIKE, rev: "r", record: { subject: "post0" } });
}

function drawMalformed(random: Random): Uint8Array {
  const event = poisonEvent();
  switch (random.int(4)) {
    case 0: // It ends in the middle.
      return event.subarray(0, event.length - 1 - random.int(event.length - 2));
    case 1: // Something follows it.
      return Buffer.concat([event, Uint8Array.of(0xf6)]);
    case 2: // No map at all.
      return encodeRecord([1, 2, 3]);
    default: // No CBOR.
      return new Uint8Array(1 + random.int(60)).fill(0xff);
  }
}

/** From now on every stage throws at an event of the poison's account. @returns what ends that */
export function putFaultIn(): () => void {
  // oxlint-disable-next-line typescript/unbound-method -- it is called on what the new one is called on
  const { push } = StageRunner.prototype;
  StageRunner.prototype.push = function (this: StageRunner, message, aside = null): void {
    if (aside?.whole == null && isPoison(message)) throw new TypeError(FAULT);
    push.call(this, message, aside);
  };
  return () => {
    StageRunner.prototype.push = push;
  };
}

function isPoison({ subject, payload }: InputMessage): boolean {
  const isEvent = subject.startsWith("atproto.firehose.") && payload !== null;
  // What only looks like one is malformed.
  return isEvent && Buffer.compare(payload, poisonEvent()) === 0;
}

/** What is wrong with the dead letters of a run with hostile messages; null when nothing is. */
export function wrongLetters(
  letters: readonly Readonly<Record<string, unknown>>[],
  { thrown, malformed }: Hostile,
): string | null {
  const told = letters.filter(({ detail }) => detail === FAULT);
  const read = letters.filter(({ op, detail }) => op === "read" && detail !== FAULT);
  const counts = [seqsOf(told), seqsOf(read)];
  if (counts[0] === thrown && counts[1] === malformed) return null;
  return `dead letters of ${counts.join(" and ")} messages, of ${thrown} poisoned and ${malformed} malformed ones`;
}

function seqsOf(letters: readonly Readonly<Record<string, unknown>>[]): number {
  return new Set(letters.map(({ seq }) => seq)).size;
}
