// Faults of what writes and reads bytes: CBOR, words, envelopes.

import type { Mutant } from "../mutant.ts";

const CBOR = ["shuffler/cbor/cbor.test.ts"];
const CODEC = ["runtime/eval/codec.test.ts"];

export const BYTES_FAULTS: readonly Mutant[] = [
  {
    file: "bytes/words.ts",
    find: "into.setBigInt64(last + shift, from.getBigInt64(last, true), true);",
    replace: "into.setBigInt64(last + shift, from.getBigInt64(start, true), true);",
    suite: ["bytes/words.test.ts"],
    why: "the end of a copy is the beginning again",
  },
  {
    file: "bytes/words.ts",
    find: "return words.getBigInt64(last, true) === other.getBigInt64(last + shift, true);",
    replace: "return true;",
    suite: ["bytes/words.test.ts"],
    why: "keys that differ in their last bytes are one",
  },
  {
    file: "bytes/words.ts",
    find: "if (bytes.buffer !== buffer) {",
    replace: "if (buffer.byteLength === 0) {",
    suite: ["bytes/words.test.ts", ...CODEC],
    why: "bytes are read out of another message",
  },
  {
    file: "shuffler/cbor/writer.ts",
    find: "} else if (argument < 0x1_0000) {",
    replace: "} else if (argument <= 0x1_0000) {",
    suite: CBOR,
    why: "a text of 65 536 bytes has the head of an empty one",
  },
  {
    file: "shuffler/cbor/writer.ts",
    find: "at = buffer.writeUInt32BE(argument % 2 ** 32, at);",
    replace: "at = buffer.writeUInt32BE(0, at);",
    suite: CBOR,
    why: "seqs over four thousand million are cut",
  },
  {
    file: "shuffler/cbor/writer.ts",
    find: "if (this.#at + bytes > this.#buffer.length) this.#moveOn(bytes);",
    replace: "if (this.#at + bytes > this.#buffer.length + 1) this.#moveOn(bytes);",
    suite: ["shuffler/cbor/writer.property.test.ts"],
    why: "the last byte of a slab is not written",
  },
  {
    file: "shuffler/cbor/writer.ts",
    find: "    this.#buffer.set(begun);",
    replace: "    this.#buffer.set(begun.subarray(1));",
    suite: CBOR,
    why: "what was begun is damaged when it moves to another slab",
  },
  {
    file: "runtime/eval/cbor-encode.ts",
    find: "else this.#head(MAJOR.negative, -1 - value);",
    replace: "else this.#head(MAJOR.negative, -value);",
    suite: CODEC,
    why: "negative numbers are one less",
  },
  {
    file: "runtime/eval/cbor-encode.ts",
    find: "this.#limit = length + bytesMax;",
    replace: "this.#limit = bytesMax;",
    suite: ["runtime/eval/cbor-encode.test.ts", ...CODEC],
    why: "of many records the last are refused as too large",
  },
  {
    file: "runtime/eval/codec.ts",
    find: 'if (!reader.done) throw new MalformedPayload("more than one value");\n  return value;',
    replace: "void reader.done;\n  return value;",
    suite: CODEC,
    why: "what stands behind a value is dropped in silence",
  },
  {
    file: "shuffler/envelope.ts",
    find: "if (payload.length <= bytesMax || event.record === undefined) return { payload, oversize: false };",
    replace:
      "if (payload.length < bytesMax || event.record === undefined) return { payload, oversize: false };",
    suite: ["shuffler/envelope.test.ts"],
    why: "a record of exactly the greatest size is left out",
  },
  {
    file: "shuffler/envelope.ts",
    find: "const commit = count(event.op) + count(event.cid) + count(event.rkey) + count(event.collection);",
    replace: "const commit = count(event.op) + 1 + count(event.rkey) + count(event.collection);",
    suite: ["shuffler/envelope.property.test.ts", "shuffler/frame-op.test.ts"],
    why: "the map of a delete has a wrong size, and cannot be read",
  },
  {
    file: "shuffler/frame-envelope.ts",
    find: "if (op.sorted) writer.byteString(op.record);",
    replace: "if (!op.sorted) writer.byteString(op.record);",
    suite: ["shuffler/frame-op.test.ts"],
    why: "a record whose keys are not in order is passed over by its length",
  },
];
