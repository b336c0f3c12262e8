// Walks over CBOR once, front to back, and notes where the items stand that somebody wants; everything else
// is passed over by its length. It accepts exactly what CborReader does, and nothing past the end is read. Only of
// what is embedded in a byte string that is left unread which nobody wants.

import { wordsOf } from "../../../bytes/words.ts";
import { MAJOR } from "../cbor-encode.ts";
import { MalformedPayload } from "../eval-error.ts";
import type { CommitLayout } from "./commit-layout.ts";
import { KnownLayouts, type Places } from "./known-layouts.ts";
import type { PathLevel, PathNode } from "./path-tree.ts";
import { argumentAt, checkContainer, checkedEnd, headEnd, skipItem } from "./skip.ts";

const NOWHERE = -1;

export class Walker {
  #bytes: Uint8Array = new Uint8Array();
  #words = wordsOf(this.#bytes);
  /** By slot: where the item begins, -1 when it is not there, and where it ends. */
  #starts: Int32Array = new Int32Array();
  #ends: Int32Array = new Int32Array();
  /** Those of a walk; of an event whose layout is known they are that layout's. */
  #walked: Places = { starts: this.#starts, ends: this.#ends };
  readonly #known = new KnownLayouts();

  /** The memory of what is walked over. */
  get words(): DataView {
    return this.#words;
  }

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
    this.#open(payload, slots);
    this.#begin();
    if ((payload[0] ?? 0) >> 5 !== MAJOR.map) throw new MalformedPayload("expected a map");
    const end = this.#map(0, payload.length, wanted, 0);
    if (end !== payload.length) throw new MalformedPayload("more than one value");
  }

  /**
   * As `walk`, for a commit that is laid out as the shuffler does; false where it is something else.
   * @throws EvaluationError where CborReader would
   */
  walkCommit(payload: Uint8Array, layout: CommitLayout, slots: number): boolean {
    this.#open(payload, slots);
    const words = this.#words;
    const known = this.#known.find(payload, words);
    if (known !== null) {
      this.#setPlaces(known);
      layout.readNumbers(words, payload.byteOffset, known);
      return true;
    }
    this.#begin();
    const places = this.#walked;
    let at = layout.readHead(payload, words, places);
    if (at < 0) return false;
    const record = layout.recordStart(payload, words, at);
    if (record >= 0) at = this.#note(layout.record, record, payload.length, 1);
    if (!layout.readTail(payload, words, at, places)) return false;
    this.#known.learn(payload, places, layout.walkOf(record >= 0));
    return true;
  }

  #open(payload: Uint8Array, slots: number): void {
    this.#bytes = payload;
    this.#words = wordsOf(payload);
    if (this.#walked.starts.length === slots) return;
    this.#walked = { starts: new Int32Array(slots), ends: new Int32Array(slots) };
    this.#known.clear();
  }

  #begin(): void {
    this.#setPlaces(this.#walked);
    this.#starts.fill(NOWHERE);
  }

  #setPlaces({ starts, ends }: Places): void {
    this.#starts = starts;
    this.#ends = ends;
  }

  /**
   * Notes the entries at `wanted` of the map at `at`, and gives its end.
   * @param sorted whether its keys are in DAG-CBOR order: then what is behind the last that is wanted is not read
   */
  #map(at: number, end: number, wanted: PathLevel, depth: number, sorted = false): number {
    const bytes = this.#bytes;
    const { nodes } = wanted;
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
      if (sorted) {
        likely = firstNotBefore(nodes, likely, bytes, start, length);
        if (likely === nodes.length) return end;
      }
      const node = find(wanted, likely, bytes, start, length, sorted);
      if (node === undefined) next = skipItem(bytes, next, end, depth + 1);
      else {
        likely += 1;
        next = this.#note(node, next, end, depth + 1);
      }
    }
    return next;
  }

  #note(node: PathNode, at: number, limit: number, depth: number): number {
    // Of two entries of one name the later counts.
    if (this.#starts[node.slot] !== NOWHERE) this.forget(node);
    const major = (this.#bytes[at] ?? 0) >> 5;
    if (node.embedded && major === MAJOR.bytes) return this.#noteEmbedded(node, at, limit, depth);
    this.#starts[node.slot] = at;
    const end =
      major === MAJOR.map && node.children.nodes.length > 0
        ? this.#map(at, limit, node.children, depth)
        : skipItem(this.#bytes, at, limit, depth);
    this.#ends[node.slot] = end;
    return end;
  }

  /** Notes the item in the byte string at `at`, of which only that is read which is wanted. */
  #noteEmbedded(node: PathNode, at: number, limit: number, depth: number): number {
    const bytes = this.#bytes;
    let length = (bytes[at] ?? 0) & 31;
    let start = at + 1;
    if (length >= 24) {
      start = headEnd(at, length, limit);
      length = argumentAt(bytes, at, start);
    }
    const end = checkedEnd(start, length, limit);
    if (length === 0) throw new MalformedPayload("unexpected end");
    this.#starts[node.slot] = start;
    this.#ends[node.slot] = end;
    const isMap = (bytes[start] ?? 0) >> 5 === MAJOR.map;
    if (isMap && node.children.nodes.length > 0) {
      this.#map(start, end, node.children, depth, true);
    }
    return end;
  }
}

/**
 * @param likely where to look first: entries mostly come in the order of DAG-CBOR, as `wanted` stands
 * @param sorted whether they always do
 */
function find(
  wanted: PathLevel,
  likely: number,
  bytes: Uint8Array,
  start: number,
  length: number,
  sorted: boolean,
): PathNode | undefined {
  if (length < 32 && ((wanted.lengths >>> length) & 1) === 0) return undefined;
  const { nodes } = wanted;
  const first = nodes[likely];
  if (first !== undefined && isNamed(first, bytes, start, length)) return first;
  if (sorted) return undefined;
  for (const node of nodes) if (isNamed(node, bytes, start, length)) return node;
  return undefined;
}

/** The first of the nodes from `from` on whose name does not stand before that at `start`. */
function firstNotBefore(
  nodes: readonly PathNode[],
  from: number,
  bytes: Uint8Array,
  start: number,
  length: number,
): number {
  let at = from;
  while (at < nodes.length && compareNames(nodes[at], bytes, start, length) < 0) at += 1;
  return at;
}

/** Where the node's name stands to that at `start`, in DAG-CBOR order: below 0 before it, above 0 behind it. */
function compareNames(
  node: PathNode | undefined,
  bytes: Uint8Array,
  start: number,
  length: number,
): number {
  if (node === undefined) return 1;
  if (node.length !== length) return node.length - length;
  const { name } = node;
  for (let i = 0; i < length; i += 1) {
    const difference = (name[i] ?? 0) - (bytes[start + i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function isNamed(node: PathNode, bytes: Uint8Array, start: number, length: number): boolean {
  return node.length === length && sameBytes(node.name, bytes, start);
}

/** Whether `known` stands in `bytes` at `start`, where there is room for it. */
export function sameBytes(known: Uint8Array, bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < known.length; i += 1) if (known[i] !== bytes[start + i]) return false;
  return true;
}
