import { crc32 } from "node:zlib";
import { expect, it } from "vitest";
import { LENGTHS, LONG_LENGTHS, TEXTS } from "../../test/support/cbor-cases.ts";
import { cleanBytes } from "../../test/support/poisoned-buffers.ts";
import { decodeEntry, type Entry, encodeEntry, entryBytes } from "./entry.ts";

const SESSION = { host: "relay.example", numbering: 2, number: 3 };

function entryOf(index: number, length: number): Entry {
  const raw = Buffer.alloc(length, index + 1);
  return { index, item: { kind: "frame", position: 2 ** 40 + index, raw, session: SESSION } };
}

function refusedOf(index: number, detail: string): Entry {
  const message = { kind: "rejected", reason: "bad_frame", detail } as const;
  return { index, item: { kind: "message", position: index, raw: Buffer.from(detail), message } };
}

const ENTRIES = [
  ...[...LENGTHS, ...LONG_LENGTHS].map((length, i) => entryOf(i, length)),
  ...TEXTS.map((text, i) => refusedOf(i, text)),
];

function number(bytes: number, value: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntLE(value, 0, bytes);
  return buffer;
}

/** As the file says, put together from its parts. */
function naiveEntry({ index, item }: Entry): Buffer {
  const { position: p, session: s } = item;
  const refusal = item.kind === "message" && item.message.kind === "rejected" ? item.message : null;
  const r = refusal === null ? undefined : { reason: refusal.reason, detail: refusal.detail };
  const head = Buffer.from(JSON.stringify({ i: index, p, s, r }));
  const payload = Buffer.concat([number(2, head.length), head, item.raw]);
  return Buffer.concat([number(4, payload.length), number(4, crc32(payload)), payload]);
}

it("is its parts one behind the other, and holds no memory that was never written", () => {
  for (const entry of ENTRIES) {
    const [bytes] = cleanBytes(() => [encodeEntry(entry)] as const);
    expect(bytes.equals(naiveEntry(entry)), `entry ${entry.index}`).toBe(true);
  }
});

it("reads back the same from between others", () => {
  const all = Buffer.concat(ENTRIES.map(encodeEntry));
  let at = 0;
  for (const entry of ENTRIES) {
    const end = at + (entryBytes(all, at) ?? 0);
    expect(decodeEntry(all, at, end)).toEqual(entry);
    at = end;
  }
  expect(at).toBe(all.length);
});
