// Walks over CBOR once, front to back, and notes where the items stand that somebody wants; everything else
// is passed over by its length. It accepts exactly what CborReader does, and nothing past the end is read.

import { CborReader } from "../cbor-decode.ts";
import { MAJOR, TAG_LINK, VALUE_DEPTH_MAX } from "../cbor-encode.ts";
import { MalformedPayload } from "../eval-error.ts";
import type { PathNode } from "./path-tree.ts";

const NOWHERE = -1;
const NONE: readonly PathNode[] = [];
/** Simple values and floats; anything else of their major type is malformed. */
const FALSE = 0xf4;
const UNDEFINED = 0xf7;

const reader = new CborReader();

export class Walker {
  #bytes: Uint8Array = new Uint8Array();
  #at = 0;
  #end = 0;
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
    for (const child of node.children) this.forget(child);
  }

  /**
   * Walks over `payload`, which is one map, and notes its entries at `wanted`.
   * @param slots how many there are @throws EvaluationError where CborReader would
   */
  walk(payload: Uint8Array, wanted: readonly PathNode[], slots: number): void {
    if (this.#starts.length < slots) {
      this.#starts = new Int32Array(slots);
      this.#ends = new Int32Array(slots);
    }
    this.#starts.fill(NOWHERE);
    this.open(payload, 0);
    const head = this.#byte();
    if (head >> 5 !== MAJOR.map) throw new MalformedPayload("expected a map");
    this.#entries(this.#count(head & 31, 2), wanted, 1);
    if (this.#at !== this.#end) throw new MalformedPayload("more than one value");
  }

  /** Starts on the item at `at`. */
  open(payload: Uint8Array, at: number): void {
    this.#bytes = payload;
    this.#at = at;
    this.#end = payload.length;
  }

  /** Offset of what comes next. */
  get at(): number {
    return this.#at;
  }

  /** Passes over one item. @throws EvaluationError where CborReader would */
  pass(): void {
    this.#item(0, NONE);
  }

  #entries(count: number, wanted: readonly PathNode[], depth: number): void {
    let next = 0;
    for (let left = count; left > 0; left -= 1) {
      const head = this.#byte();
      if (head >> 5 !== MAJOR.text) throw new MalformedPayload("a map key is not text");
      const length = this.#argument(head & 31);
      const start = this.#take(length);
      const node = wanted.length === 0 ? undefined : this.#find(wanted, next, start, length);
      if (node === undefined) this.#item(depth, NONE);
      else {
        next += 1;
        this.#note(node, depth);
      }
    }
  }

  #note(node: PathNode, depth: number): void {
    // Of two entries of one name the later counts.
    if (this.#starts[node.slot] !== NOWHERE) this.forget(node);
    this.#starts[node.slot] = this.#at;
    this.#item(depth, node.children);
    this.#ends[node.slot] = this.#at;
  }

  /** @param next where to look first: entries mostly come in the order of DAG-CBOR, as `wanted` stands */
  #find(
    wanted: readonly PathNode[],
    next: number,
    start: number,
    length: number,
  ): PathNode | undefined {
    const likely = wanted[next];
    if (likely !== undefined && isNamed(likely, this.#bytes, start, length)) return likely;
    for (const node of wanted) if (isNamed(node, this.#bytes, start, length)) return node;
    return undefined;
  }

  #item(depth: number, wanted: readonly PathNode[]): void {
    const head = this.#byte();
    const info = head & 31;
    switch (head >> 5) {
      case MAJOR.unsigned:
      case MAJOR.negative:
        if (info >= 24) this.#argument(info);
        return;
      case MAJOR.bytes:
      case MAJOR.text:
        this.#take(info < 24 ? info : this.#argument(info));
        return;
      case MAJOR.list:
        this.#list(this.#count(info, 1), depth);
        return;
      case MAJOR.map: {
        const count = this.#count(info, 2);
        checkDepth(depth);
        this.#entries(count, wanted, depth + 1);
        return;
      }
      case MAJOR.tag:
        this.#tagged(this.#at - 1, this.#argument(info), depth);
        return;
      default:
        if (head < FALSE || head > UNDEFINED) this.#readWhole(this.#at - 1, depth);
    }
  }

  #list(count: number, depth: number): void {
    checkDepth(depth);
    for (let left = count; left > 0; left -= 1) this.#item(depth + 1, NONE);
  }

  #tagged(start: number, tag: number, depth: number): void {
    if (tag !== TAG_LINK) {
      this.#readWhole(start, depth);
      return;
    }
    const head = this.#byte();
    if (head >> 5 !== MAJOR.bytes) throw new MalformedPayload("a link is not bytes");
    const length = this.#argument(head & 31);
    const at = this.#take(length);
    if (length < 2 || this.#bytes[at] !== 0) throw new MalformedPayload("a link is not a CID");
  }

  /** What is rare: floats, instants and durations are read, and so checked. */
  #readWhole(start: number, depth: number): void {
    reader.valueAt(this.#bytes, start, depth);
    this.#at = reader.at;
  }

  #byte(): number {
    const at = this.#at;
    if (at >= this.#end) throw new MalformedPayload("unexpected end");
    this.#at = at + 1;
    return this.#bytes[at] ?? 0;
  }

  #take(count: number): number {
    const start = this.#at;
    if (count > this.#end - start) throw new MalformedPayload("unexpected end");
    this.#at = start + count;
    return start;
  }

  #argument(info: number): number {
    if (info < 24) return info;
    if (info === 24) return this.#byte();
    if (info > 27) throw new MalformedPayload(`unsupported length ${info}`);
    const size = 1 << (info - 24);
    const start = this.#take(size);
    let value = 0;
    for (let i = start; i < start + size; i += 1) value = value * 256 + (this.#bytes[i] ?? 0);
    return value;
  }

  #count(info: number, itemBytes: number): number {
    const count = this.#argument(info);
    if (count * itemBytes > this.#end - this.#at) throw new MalformedPayload("unexpected end");
    return count;
  }
}

function checkDepth(depth: number): void {
  if (depth >= VALUE_DEPTH_MAX) throw new MalformedPayload("nested too deep");
}

function isNamed(node: PathNode, bytes: Uint8Array, start: number, length: number): boolean {
  return node.length === length && sameBytes(node.name, bytes, start);
}

/** Whether `known` stands in `bytes` at `start`, where there is room for it. */
export function sameBytes(known: Uint8Array, bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < known.length; i += 1) if (known[i] !== bytes[start + i]) return false;
  return true;
}
