// Checkpoints and state messages against a naive encoder, wherever in its memory the encoder writes them.

import { expect, it } from "vitest";
import { LENGTHS, LONG_LENGTHS, LONG_TEXTS, TEXTS } from "../../test/support/cbor-cases.ts";
import { naiveCbor } from "../../test/support/naive-cbor.ts";
import { cleanBytes, sameBytes } from "../../test/support/poisoned-buffers.ts";
import {
  type Checkpoint,
  decodeChanges,
  decodeCheckpoint,
  encodeChanges,
  encodeStored,
  type StoredChange,
} from "./stored.ts";

/** The encoder goes on in other memory after about 6000 bytes: so many bytes are written a few times over. */
const BYTES = 60_000;

function changeOf(key: string, i: number): StoredChange {
  const length = LENGTHS[i % LENGTHS.length] ?? 0;
  return [key, i % 5 === 0 ? null : new Uint8Array(length).fill(i)];
}

const CHANGES: readonly (readonly StoredChange[])[] = [
  ...TEXTS.map((key, i) => [changeOf(key, i)]),
  ...LONG_TEXTS.map((key, i) => [changeOf("before", i), changeOf(key, i), changeOf("behind", i)]),
  LONG_LENGTHS.map((length, i): StoredChange => [`天気 ${i}`, new Uint8Array(length).fill(i)]),
  TEXTS.map(changeOf),
  [],
];

function checkpointOf(text: string, number: number): Checkpoint {
  const channels = TEXTS.slice(0, number % 30).map((name): [string, number] => [name, number]);
  const inputs = [{ generation: number, expected: number % 2 === 0 ? null : 3, channels }];
  const counters = { in: number, out: 2 ** 40, late: 0, deadLetters: 0, lost: 1 };
  return {
    deployment: text,
    inSeqs: [number, 2 ** 32 + number],
    startSeqs: [[], [number, 1]],
    progress: {
      watermarks: { inputs, leastMs: 1_783_166_400_123 + number },
      counters: { ...counters, dropped: { [text]: number, duplicate: 1 } },
      advance: number % 3 === 0 ? null : { reachedMs: null, subject: text, seq: number },
      inHand: number % 2 === 0 ? null : { input: 1, seq: number, taken: 2 },
      paused: [{ ops: text, record: Uint8Array.of(1, 2), from: number, order: Uint8Array.of() }],
      message: { subject: text, seq: number },
    },
    epoch: 3,
    baseEpoch: 2,
  };
}

it("writes state messages as the naive encoder, wherever they come to lie", () => {
  for (const changes of CHANGES) {
    const expected = naiveCbor(changes);
    const turns = Math.min(300, Math.ceil(BYTES / (expected.length + 1)));
    for (let i = 0; i < turns; i += 1) {
      encodeChanges([]); // One byte, so that the next message does not lie where the last one did.
      const [bytes = new Uint8Array()] = cleanBytes(() => [encodeChanges(changes)]);
      if (!sameBytes(bytes, expected)) expect(bytes).toEqual(expected);
    }
    expect(decodeChanges(expected)).toEqual(changes);
  }
});

it("writes a checkpoint that reads back the same, wherever it comes to lie", () => {
  for (const [number, text] of TEXTS.entries()) {
    const checkpoint = checkpointOf(text, number);
    const first = encodeStored(checkpoint);
    for (let i = 0; i < 10; i += 1) {
      encodeChanges([]);
      const [bytes = new Uint8Array()] = cleanBytes(() => [encodeStored(checkpoint)]);
      if (!sameBytes(bytes, first)) expect(bytes, `checkpoint ${number}`).toEqual(first);
    }
    expect(decodeCheckpoint(first)).toEqual(checkpoint);
  }
});

it("writes a change of many megabytes as one that reads back the same", () => {
  const changes: StoredChange[] = [
    ["small", new Uint8Array([1])],
    ["gone", null],
    ["天気".repeat(1_000_000), new Uint8Array(9_000_000).fill(7)],
    ["behind", new Uint8Array()],
  ];
  const again = decodeChanges(encodeChanges(changes));
  expect(again.map(([key]) => key)).toEqual(changes.map(([key]) => key));
  for (const [i, [, value]] of changes.entries()) {
    const read = again[i]?.[1] ?? null;
    expect(value === null ? read === null : read !== null && sameBytes(read, value)).toBe(true);
  }
});
