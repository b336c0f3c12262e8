// Faults of publishing: ids, the cursor, the repeat guard, the buffer, watermarks of the relay.

import type { Mutant } from "../mutant.ts";

const CURSOR = ["shuffler/cursor.test.ts"];
const GUARD = ["shuffler/repeat-guard.test.ts"];
const QUEUE = ["shuffler/buffer/disk-queue.test.ts"];

export const SHUFFLER_FAULTS: readonly Mutant[] = [
  {
    file: "shuffler/cbor/cursor.ts",
    find: "if ((high & EXPONENT_MASK) === EXPONENT_MASK) ",
    replace: "if (high === EXPONENT_MASK) ",
    suite: ["shuffler/cbor/cbor.test.ts", "shuffler/decode/frame.test.ts"],
    why: "a float that is not a number comes into the firehose",
  },
  {
    file: "shuffler/identify.ts",
    find: "return idOf(`commit\\n${did}\\n${rev}\\n${op.collection}/${op.rkey}\\n${op.action}\\n${cid}`);",
    replace: "return idOf(`commit\\n${did}\\n${rev}\\n${op.collection}/${op.rkey}\\n${cid}`);",
    suite: ["shuffler/identify.test.ts"],
    why: "a create and an update of one record in one revision are one event",
  },
  {
    file: "shuffler/identify.ts",
    find: "\\n${timeMs}\\n${active}\\n",
    replace: "\\n${timeMs}\\n",
    suite: ["shuffler/identify.test.ts"],
    why: "an account's activation is taken for its deactivation",
  },
  {
    file: "shuffler/cursor.ts",
    find: "for (let next = this.#tickets[this.#head]; next?.done; next = this.#tickets[this.#head]) {",
    replace: "for (let next = this.#tickets[this.#head]; next; next = this.#tickets[this.#head]) {",
    suite: CURSOR,
    why: "the cursor runs ahead of what is stored: a crash loses events",
  },
  {
    file: "shuffler/cursor.ts",
    find: "this.#frontiers.set(next.mark.host, next.mark);",
    replace: 'this.#frontiers.set("", next.mark);',
    suite: CURSOR,
    why: "with two relays only the cursor of one is saved",
  },
  {
    file: "shuffler/cursor-saver.ts",
    find: "return place !== undefined && place.numbering === numbering && position <= place.position;",
    replace: "return place !== undefined && position <= place.position;",
    suite: ["shuffler/cursor-saver.test.ts"],
    why: "after a relay has begun to count anew its events are left out",
  },
  {
    file: "shuffler/cursor-saver.ts",
    find: "await this.#saving; // An older position must not be written after this one.",
    replace: "// An older position must not be written after this one.",
    suite: ["shuffler/cursor-saver.test.ts"],
    why: "an older cursor is written over the last",
  },
  {
    file: "shuffler/publish.ts",
    find: "() => whole && this.#complete(ticket),",
    replace: "() => this.#complete(ticket),",
    suite: ["shuffler/publish.test.ts"],
    why: "an item of which a part was never sent counts as stored",
  },
  {
    file: "shuffler/repeat-guard.ts",
    find: "if (!this.#options.live) await this.#catchUp(signal);",
    replace: "if (!this.#options.live && this.isOn) await this.#catchUp(signal);",
    suite: GUARD,
    why: "a file whose shuffler died before it saved a cursor is stored twice",
  },
  {
    file: "shuffler/repeat-guard.ts",
    find: "const isCovered = this.#sinceMs !== null && this.#sinceMs <= timeMs;",
    replace: "const isCovered = this.#sinceMs !== null;",
    suite: GUARD,
    why: "who goes further back repeats what is stored",
  },
  {
    file: "shuffler/repeat-guard.ts",
    find: "const isUpToDate = lagMs < windowMs / 4 && clock.now() >= this.#onUntilMs;",
    replace: "const isUpToDate = lagMs < windowMs && clock.now() >= this.#onUntilMs;",
    suite: GUARD,
    why: "the guard goes off while the server has forgotten ids",
  },
  {
    file: "shuffler/repeat-guard.ts",
    find: "const sinceMs = timeMs - CLOCKS_APART_MS_MAX;",
    replace: "const sinceMs = timeMs;",
    suite: GUARD,
    why: "with clocks a minute apart events are stored twice",
  },
  {
    file: "shuffler/watermark.ts",
    find: "const watermarkMs = timeMs - WATERMARK_DELAY_MS;",
    replace: "const watermarkMs = timeMs;",
    suite: ["shuffler/shuffle.test.ts"],
    why: "what is a second out of order is late",
  },
  {
    file: "shuffler/recent-map.ts",
    find: "if (entry !== this.#newest) {",
    replace: "if (entry === this.#newest) {",
    suite: ["shuffler/recent-map.test.ts"],
    why: "the repo that was just active is forgotten",
  },
  {
    file: "shuffler/repo-order.ts",
    find: "if (!isLater && repo.session === session) {",
    replace: "if (!isLater) {",
    suite: ["shuffler/repo-order.test.ts"],
    why: "what a second connection repeats is rejected instead of left to the ids",
  },
  {
    file: "shuffler/repo-order.ts",
    find: "if (difference !== 0) return difference > 0;",
    replace: "if (difference !== 0) return difference >= -1;",
    suite: ["shuffler/repo-order.test.ts"],
    why: "an older revision passes",
  },
  {
    file: "shuffler/buffer/entry.ts",
    find: "if (payload.length < HEAD_LENGTH_BYTES || crc32(payload) !== bytes.readUInt32LE(at + 4)) {",
    replace: "if (payload.length < HEAD_LENGTH_BYTES) {",
    suite: QUEUE,
    why: "a damaged entry of the buffer is published",
  },
  {
    file: "shuffler/buffer/segment.ts",
    find: "return this.#readIndex === null || index === this.#readIndex + 1;",
    replace: "return this.#readIndex === null || index > 0;",
    suite: QUEUE,
    why: "what a failed write left behind is published out of order",
  },
  {
    file: "shuffler/buffer/disk-queue.ts",
    find: "if (first === undefined || first.lastIndex > index) break;",
    replace: "if (first === undefined || first.lastIndex > index + 1) break;",
    suite: QUEUE,
    why: "a file is deleted of which one entry is not stored",
  },
  {
    file: "shuffler/buffer/disk-queue.ts",
    find: "if (firstIndex === null || this.isTorn || !isNext) {",
    replace: "if (firstIndex === null || this.isTorn) {",
    suite: QUEUE,
    why: "after a damaged file the buffer goes on with a gap that nobody knows of",
  },
];
