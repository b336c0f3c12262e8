// Ways to change a frame: a field that is left out, there twice, of another type or of another message, and plain damage.

import type { CborValue } from "../../shuffler/cbor/encode.ts";
import { CidLink } from "../../shuffler/cbor/encode.ts";
import type { Body } from "../../shuffler/testing/forge.ts";
import { cborOf, frameOf } from "../../shuffler/testing/frames.ts";

/** Whole numbers from 0 up to `below`, the next of a seed each. */
export type Draw = (below: number) => number;
type Opened = { readonly type: string; readonly body: Body; readonly raw: Uint8Array };
export type Mutation = {
  readonly name: string;
  readonly make: (frame: Opened, draw: Draw) => Uint8Array;
};

const CID = Buffer.alloc(36, 9);
CID.set([1, 0x71, 0x12, 32]);

/** Values that a field may have which should have another. */
const VALUES: readonly (readonly [string, CborValue])[] = [
  ["null", null],
  ["a number", 5],
  ["a text", "x"],
  ["bytes", new Uint8Array()],
  ["a list", []],
  ["a map", {}],
  ["true", true],
  ["a link", new CidLink(CID)],
  ["a cut link", new CidLink(CID.subarray(0, 30))],
  ["a link of version 2", new CidLink(Buffer.concat([Buffer.of(2), CID.subarray(1)]))],
  ["an early time", "0985-04-12T23:20:50.123Z"],
];

/** Fields of all messages, so that each is tried in every other. */
const FIELDS = [
  "did",
  "repo",
  "seq",
  "time",
  "rev",
  "since",
  "blocks",
  "commit",
  "ops",
  "blobs",
  "prev",
];
const MORE_FIELDS = ["prevData", "tooBig", "rebase", "handle", "active", "status", "zzzz"];
const NAMES = [...FIELDS, ...MORE_FIELDS];
const OP_NAMES = ["action", "path", "cid", "prev", "zzzz"];

export const MUTATIONS: readonly Mutation[] = [
  { name: "as it was", make: ({ raw }) => raw },
  { name: "flipped bits", make: ({ raw }, draw) => flipped(raw, draw) },
  { name: "cut off", make: ({ raw }, draw) => raw.subarray(0, draw(raw.length)) },
  { name: "bytes behind it", make: ({ raw }) => Buffer.concat([raw, Buffer.of(0)]) },
  { name: "a field left out", make: (frame, draw) => put(frame, without(frame.body, draw)) },
  {
    name: "a field with another value",
    make: (frame, draw) => put(frame, withOther(frame.body, NAMES, draw)),
  },
  { name: "an operation with another value", make: changedOp },
  {
    name: "an operation twice",
    make: (frame) => put(frame, { ...frame.body, ops: [...ops(frame), ...ops(frame)] }),
  },
  { name: "a field twice", make: twice },
  { name: "an integer of 64 bits that nobody reads", make: longInteger },
];

function put({ type }: Opened, body: Body): Uint8Array {
  return frameOf(type, body);
}

function flipped(raw: Uint8Array, draw: Draw): Uint8Array {
  const bytes = Buffer.from(raw);
  for (let left = 1 + draw(3); left > 0; left -= 1) {
    const at = draw(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << draw(8));
  }
  return bytes;
}

function without(body: Body, draw: Draw): Body {
  const names = Object.keys(body);
  const gone = names[draw(names.length)];
  return Object.fromEntries(Object.entries(body).filter(([name]) => name !== gone));
}

function withOther(body: Body, names: readonly string[], draw: Draw): Body {
  const name = names[draw(names.length)] ?? "zzzz";
  const [, value = null] = VALUES[draw(VALUES.length)] ?? [];
  return { ...body, [name]: value };
}

function ops({ body }: Opened): readonly Body[] {
  return Array.isArray(body.ops) ? (body.ops as Body[]) : []; // of a frame that was read
}

function changedOp(frame: Opened, draw: Draw): Uint8Array {
  const all = ops(frame);
  const at = draw(Math.max(all.length, 1));
  const changed = all.map((op, i) => (i === at ? withOther(op, OP_NAMES, draw) : op));
  return put(frame, frame.body.ops === undefined ? frame.body : { ...frame.body, ops: changed });
}

/** The same field once more behind the others: the map says how many it has. */
function twice({ type, body }: Opened, draw: Draw): Uint8Array {
  const names = Object.keys(body);
  const name = names[draw(names.length)] ?? "seq";
  const bytes = Buffer.from(cborOf(body));
  bytes[0] = (bytes[0] ?? 0) + 1;
  return Buffer.concat([
    cborOf({ t: type, op: 1 }),
    bytes,
    cborOf(name),
    cborOf(body[name] ?? null),
  ]);
}

function longInteger({ type, body }: Opened, draw: Draw): Uint8Array {
  const bytes = Buffer.from(cborOf(body));
  bytes[0] = (bytes[0] ?? 0) + 1;
  const value = Buffer.alloc(9, 0xff);
  value[0] = draw(2) === 0 ? 0x1b : 0x3b;
  return Buffer.concat([cborOf({ t: type, op: 1 }), bytes, cborOf("zzzzzzzzzz"), value]);
}
