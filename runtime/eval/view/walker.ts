// Walks over CBOR once, front to back, and notes where the items stand that somebody wants; everything else
// is passed over by its length. It accepts exactly what CborReader does, and nothing past the end is read.

import { MAJOR } from "../cbor-encode.ts";
import { MalformedPayload } from "../eval-error.ts";
import type { LaidOut } from "./commit-layout.ts";
import type { PathLevel, PathNode } from "./path-tree.ts";
import { argumentAt, checkContainer, checkedEnd, headEnd, skipItem } from "./skip.ts";

const NOWHERE = -1;
const EMPTY_MAP = MAJOR.map << 5;

export class Walker {
  #bytes: Uint8Array = new Uint8Array();
  /** By slot: where the item begins, -1 when it is not there, and where it ends. */
  #starts = new Int32Array();
  #ends = new Int32Array();

  /** Where the item of a slot begins; -1 when it is not there. */
  start(slot: number): number {
    return this.#starts[slot] ?? NOWHERE;
  }

  /** Where the item of a slot ends. */
  end(slot: number): number {
    return this.#ends[slot] ?? 0;
  }

  /** As if the item were not there. */
  forget(node: PathNode): void {
    this.#starts[node.slot] = NOWHERE;
    for (const child of node.children.nodes) this.forget(child);
  }

  /**
   * Walks over `payload`, which is one map, and notes its entries at `wanted`.
   * @param slots how many there are @throws EvaluationError where CborReader would
   */
  walk(payload: Uint8Array, wanted: PathLevel, slots: number): void {
    this.#begin(payload, slots);
    if ((payload[0] ?? 0) >> 5 !== MAJOR.map) throw new MalformedPayload("expected a map");
    const end = this.#map(0, wanted, 0);
    if (end !== payload.length) throw new MalformedPayload("more than one value");
  }

  /**
   * As `walk`, for a map of just these fields in this order; false where it is something else.
   * @throws EvaluationError where CborReader would
   */
  walkLaidOut(payload: Uint8Array, layout: readonly LaidOut[], slots: number): boolean {
    this.#begin(payload, slots);
    let left = (payload[0] ?? 0) - EMPTY_MAP;
    let at = 1;
    for (const { start, node, nameBytes, value, optional } of layout) {
      if (!sameBytes(start, payload, at)) {
        if (optional) continue;
        return false;
      }
      left -= 1;
      at += nameBytes;
      const major = (payload[at] ?? 0) >> 5;
      if (value === "text" && major !== MAJOR.text) return false;
      if (value === "unsigned" && major !== MAJOR.unsigned) return false;
      at = this.#note(node, at, 1);
    }
    return left === 0 && at === payload.length;
  }

  #begin(payload: Uint8Array, slots: number): void {
    if (this.#starts.length < slots) {
      this.#starts = new Int32Array(slots);
      this.#ends = new Int32Array(slots);
    }
    this.#starts.fill(NOWHERE);
    this.#bytes = payload;
  }

  /** The end of the map at `at`, whose entries at `wanted` are noted. */
  #map(at: number, wanted: PathLevel, depth: number): number {
    const bytes = this.#bytes;
    const end = bytes.length;
    let count = (bytes[at] ?? 0) & 31;
    let next = at + 1;
    if (count >= 24) {
      next = headEnd(at, count, end);
      count = argumentAt(bytes, at, next);
    }
    checkContainer(count * 2, end - next, depth);
    let likely = 0;
    for (let left = count; left > 0; left -= 1) {
      if (next >= end) throw new MalformedPayload("unexpected end");
      const head = bytes[next] ?? 0;
      if (head >> 5 !== MAJOR.text) throw new MalformedPayload("a map key is not text");
      let length = head & 31;
      let start = next + 1;
      if (length >= 24) {
        start = headEnd(next, length, end);
        length = argumentAt(bytes, next, start);
      }
      next = checkedEnd(start, length, end);
      const node = find(wanted, likely, bytes, start, length);
      if (node === undefined) next = skipItem(bytes, next, end, depth + 1);
      else {
        likely += 1;
        next = this.#note(node, next, depth + 1);
      }
    }
    return next;
  }

  #note(node: PathNode, at: number, depth: number): number {
    // Of two entries of one name the later counts.
    if (this.#starts[node.slot] !== NOWHERE) this.forget(node);
    this.#starts[node.slot] = at;
    const isMap = (this.#bytes[at] ?? 0) >> 5 === MAJOR.map;
    const end =
      isMap && node.children.nodes.length > 0
        ? this.#map(at, node.children, depth)
        : skipItem(this.#bytes, at, this.#bytes.length, depth);
    this.#ends[node.slot] = end;
    return end;
  }
}

/** @param likely where to look first: entries mostly come in the order of DAG-CBOR, as `wanted` stands */
function find(
  wanted: PathLevel,
  likely: number,
  bytes: Uint8Array,
  start: number,
  length: number,
): PathNode | undefined {
  if (length < 32 && ((wanted.lengths >>> length) & 1) === 0) return undefined;
  const { nodes } = wanted;
  const first = nodes[likely];
  if (first !== undefined && isNamed(first, bytes, start, length)) return first;
  for (const node of nodes) if (isNamed(node, bytes, start, length)) return node;
  return undefined;
}

function isNamed(node: PathNode, bytes: Uint8Array, start: number, length: number): boolean {
  return node.length === length && sameBytes(node.name, bytes, start);
}

/** Whether `known` stands in `bytes` at `start`, where there is room for it. */
export function sameBytes(known: Uint8Array, bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < known.length; i += 1) if (known[i] !== bytes[start + i]) return false;
  return true;
}
