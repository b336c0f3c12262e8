// Frames of about the greatest size allowed, each made to cost as much as it can of one kind of work.

import { type CborValue, CidLink } from "../cbor/encode.ts";
import { COMMIT_OPS_MAX, RECORD_BYTES_MAX } from "../decode/limits.ts";
import { peekTimeMs } from "../decode/peek-time.ts";
import { catchMalformed } from "../decode/rejection.ts";
import type { Shuffler } from "../shuffle.ts";
import type { ShuffledMessage } from "../shuffled-message.ts";
import { judgeClaims } from "../verify/claims.ts";
import { readCommitProof } from "../verify/proof.ts";
import { carOf, cborOf, cidOf, commitBody, frameOf, identityFrame } from "./frames.ts";

const ROOT = cborOf({ version: 3 });
/** What records leave of their greatest size, for what stands around them: two of them have to go into a CAR. */
const AROUND_BYTES = 10_000;

/** Under the names of what they are made of. */
export function hostileFrames(): Readonly<Record<string, Uint8Array>> {
  const large = cborOf({ b: new Uint8Array(RECORD_BYTES_MAX - AROUND_BYTES) });
  const numbers = list(RECORD_BYTES_MAX - AROUND_BYTES, () => 0);
  const maps = list(RECORD_BYTES_MAX - AROUND_BYTES, () => ({}));
  const keys = Object.fromEntries(list(160_000, (i) => [i.toString(36), 0] as const));
  return {
    "one large block that 200 operations name": naming(() => large),
    "200 records that nest as deep as they may": naming((i) => nested(i, 4000)),
    "two records of a million numbers": naming((i) => cborOf({ [i & 1]: numbers }), 2),
    "two records of a million empty maps": naming((i) => cborOf({ [i & 1]: maps }), 2),
    "two records of 160 000 fields": naming((i) => cborOf({ ...keys, z: i }), 2),
    "50 000 blocks whose CIDs have the tail of those of 200 operations": alikeCids(COMMIT_OPS_MAX),
    "the same of 4 operations": alikeCids(4),
    "the commit block, 40 000 times": commit({ blocks: carOf(list(40_000, () => ROOT)) }),
    "200 operations that are refused, in 5 MB": commit({
      ops: list(COMMIT_OPS_MAX, (i) => op(`app.bsky.feed.post/${i} `, null)),
      zzzz: new Uint8Array(4_900_000),
    }),
    "200 paths of 20 kB": commit({
      ops: list(COMMIT_OPS_MAX, () => op("a.".repeat(10_000), null)),
    }),
    "five million numbers that nobody reads": identityFrame({ zzzz: list(4_900_000, () => 0) }),
    "60 long names that nobody reads": identityFrame(
      Object.fromEntries(list(60, (i) => [`${"x".repeat(80_000)}${i}`, 1])),
    ),
    "half a million fields": identityFrame(Object.fromEntries(list(500_000, (i) => [`x${i}`, 1]))),
    "a DID of 4 MB": identityFrame({ did: `did:web:${"a.".repeat(2_000_000)}` }),
    "a time of 4 MB": identityFrame({ time: "2".repeat(4_000_000) }),
    "a handle of 4 MB": identityFrame({ handle: "a.".repeat(2_000_000) }),
  };
}

function list<T>(length: number, make: (i: number) => T): T[] {
  return Array.from({ length }, (_, i) => make(i));
}

function op(path: string, cid: CidLink | null): { [key: string]: CborValue } {
  return { action: "create", path, cid };
}

function commit(over: { readonly [key: string]: CborValue }): Uint8Array {
  return frameOf("#commit", commitBody([], over));
}

/** A commit of 200 operations, each naming its record; a record is in the CAR once. */
function naming(record: (i: number) => Uint8Array, ops = COMMIT_OPS_MAX): Uint8Array {
  const records = list(ops, record);
  const named = new Map(records.map((one) => [Buffer.from(cidOf(one)).toString("hex"), one]));
  return commit({
    blocks: carOf([ROOT, ...named.values()]),
    ops: records.map((one, i) => op(`app.bsky.feed.post/r${i}`, new CidLink(cidOf(one)))),
  });
}

/** Lists in lists, the innermost full of numbers. */
function nested(i: number, bytes: number): Uint8Array {
  let value: CborValue = list(bytes, (at) => (at + i) % 20);
  for (let depth = 0; depth < 60; depth += 1) value = [value];
  return cborOf({ n: value });
}

/** CIDs that differ in the first bytes of their digest, behind which nobody has looked for their blocks. */
function alikeCids(ops: number): Uint8Array {
  const cid = (n: number): Buffer => {
    const bytes = Buffer.alloc(36, 7);
    bytes.set([1, 0x71, 0x12, 32]);
    bytes.writeUInt32BE(n, 4);
    return bytes;
  };
  const section = (n: number): Buffer => Buffer.concat([Buffer.of(37), cid(n), Buffer.of(0xa0)]);
  return commit({
    blocks: Buffer.concat([carOf([ROOT]), ...list(50_000, (i) => section(1000 + i))]),
    ops: list(ops, (i) => op(`app.bsky.feed.post/r${i}`, new CidLink(cid(i)))),
  });
}

/** Everything that is done with a frame short of asking for a key and publishing. */
export function workOn(frame: Uint8Array, shuffler: Shuffler, position = 1): ShuffledMessage[] {
  peekTimeMs(frame);
  catchMalformed(() => judgeClaims(readCommitProof(frame)));
  return shuffler.push({ kind: "frame", raw: frame, position });
}
