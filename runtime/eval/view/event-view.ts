// An event as it stands in its message: the paths that a stage reads are found in one walk over the bytes,
// and decoded when somebody asks for their value. What nobody asks for is never decoded.
//
// *Invariant*: it reads as the object of `decodeEvent` does, and refuses what `decodeEvent` refuses; but what is
// amiss in an embedded record shows only to who reads that part of it.

import type { EventKind } from "../../../plan/event.ts";
import { CborReader } from "../cbor-decode.ts";
import { type CborWriter, MAJOR } from "../cbor-encode.ts";
import { decodeEvent, hostTimeOf } from "../codec.ts";
import { EvaluationError, MalformedPayload } from "../eval-error.ts";
import { INSTANT_MS_MAX, INSTANT_MS_MIN } from "../time.ts";
import type { Instant, RecordValue, Value } from "../values.ts";
import { CommitLayout } from "./commit-layout.ts";
import { type PathNode, PathTree } from "./path-tree.ts";
import { skipItem } from "./skip.ts";
import { sameBytes, Walker } from "./walker.ts";

const COMMON = ["did", "time", "seq", "kind"];
/** Any event may have it, or not. */
const HOST_TIME = "host_time";
/** The fields of an event by kind, `oversize` apart, which a commit has only when it is true, and `HOST_TIME`. */
const FIELDS: Readonly<Record<EventKind, readonly string[]>> = {
  commit: [...COMMON, "op", "collection", "rkey", "rev", "cid", "uri", "record"],
  identity: [...COMMON, "handle"],
  account: [...COMMON, "active", "status"],
  sync: [...COMMON, "rev"],
};
const KIND_BYTES = (["commit", "identity", "account", "sync"] as const).map(
  (kind) => [kind, Buffer.from(kind)] as const,
);

const reader = new CborReader();

type Span = { bytes: Uint8Array; start: number; end: number };

export class EventView {
  readonly #tree = new PathTree("record");
  readonly #walker = new Walker();
  readonly #did = this.#tree.node(["did"]);
  readonly #seq = this.#tree.node(["seq"]);
  readonly #time = this.#tree.node(["time"]);
  readonly #kind = this.#tree.node(["kind"]);
  readonly #commit = ["op", "collection", "rkey"].map((name) => this.#tree.node([name]));
  readonly #oversize = this.#tree.node(["oversize"]);
  readonly #layout = new CommitLayout(this.#tree);
  #payload: Uint8Array = new Uint8Array();
  /** Of decoded values, so that an older event's are not taken for this one's. */
  #turn = 0;
  readonly #turns: number[] = [];
  readonly #values: Value[] = [];
  readonly #span: Span = { bytes: this.#payload, start: 0, end: 0 };
  #whole: RecordValue | null = null;
  readonly #foreign = new Map<EventKind, readonly PathNode[]>();

  kind: EventKind = "commit";
  timeMs = 0;
  seq = 0;

  /** Starts on an event. @throws EvaluationError as `decodeEvent` does */
  open(payload: Uint8Array): void {
    this.#payload = payload;
    this.#whole = null;
    this.#turn += 1;
    const { roots, slots } = this.#tree;
    try {
      if (this.#walker.walkCommit(payload, this.#layout, slots) && this.#readCommit()) return;
      this.#walker.walk(payload, roots, slots);
      if (this.#readEnvelope()) return;
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error;
    }
    decodeEvent(payload); // Says what is wrong, in its own words.
    throw new Error("invariant broken: an event that decodes has no view");
  }

  /** The event as an object, decoded when first asked for. */
  whole(): RecordValue {
    this.#whole ??= decodeEvent(this.#payload);
    return this.#whole;
  }

  /** The node of a path, which the walks find from now on. */
  node(names: readonly string[]): PathNode {
    this.#foreign.clear();
    return this.#tree.node(names);
  }

  /** Whether events of this kind have the field. */
  hasField(name: string): boolean {
    return name === "oversize" ? this.isThere(this.#oversize) : FIELDS[this.kind].includes(name);
  }

  /** Reads what its host claims where that is another time, else null: each event that is open then. */
  hostTime(): () => Instant | null {
    const node = this.node([HOST_TIME]);
    return () => hostTimeOf(this.value(node, 1));
  }

  /** The `uri` of a commit. */
  uri(): string {
    const [, ...path] = this.#commit;
    return ["at:/", ...[this.#did, ...path].map((part) => this.#text(part))].join("/");
  }

  /** Writes the `uri` of a commit as text, from the bytes of its parts. */
  writeUri(writer: CborWriter): void {
    const [, collection, rkey] = this.#commit;
    if (collection === undefined || rkey === undefined) return;
    const parts = [this.#did, collection, rkey];
    let length = "at:/".length;
    for (const part of parts) length += 1 + this.#textLength(part);
    writer.textHeader(length);
    writer.ascii("at:/");
    for (const part of parts) {
      const { bytes, start, end } = this.textSpan(part);
      writer.ascii("/");
      writer.raw(bytes, start, end);
    }
  }

  isThere(node: PathNode): boolean {
    return this.#walker.start(node.slot) >= 0;
  }

  /** The first byte of an item that is there. */
  head(node: PathNode): number {
    return this.#payload[this.#walker.start(node.slot)] ?? 0;
  }

  /** The value at a node `depth` names deep; null when it is not there. */
  value(node: PathNode, depth: number): Value {
    const { slot } = node;
    if (this.#turns[slot] === this.#turn) return this.#values[slot] ?? null;
    const start = this.#walker.start(slot);
    const value = start < 0 ? null : reader.valueAt(this.#payload, start, depth);
    if (node === this.#layout.record && start >= 0) this.#checkRecordEnd(reader.at);
    this.#turns[slot] = this.#turn;
    this.#values[slot] = value;
    return value;
  }

  /** The bytes of a text that is there, without its head. Good until the next call. */
  textSpan(node: PathNode): Readonly<Span> {
    const span = this.#span;
    const start = this.#walker.start(node.slot);
    span.bytes = this.#payload;
    span.start = start + headBytes((this.#payload[start] ?? 0) & 31);
    span.end = this.#walker.end(node.slot);
    return span;
  }

  /** The memory that the event lies in. */
  get words(): DataView {
    return this.#walker.words;
  }

  /** Writes the item at a node as it stands; null when it is not there. */
  write(node: PathNode, writer: CborWriter): void {
    const start = this.#walker.start(node.slot);
    const end = this.#walker.end(node.slot);
    if (start < 0) writer.value(null);
    else {
      if (node === this.#layout.record)
        this.#checkRecordEnd(skipItem(this.#payload, start, end, 1));
      const base = this.#payload.byteOffset;
      writer.words(this.words, base + start, base + end);
    }
  }

  /** The record may not have been read to its end before. */
  #checkRecordEnd(at: number): void {
    if (at !== this.#walker.end(this.#layout.record.slot))
      throw new MalformedPayload("more than one value");
  }

  /** Of what `walkCommit` has found only the numbers are left to be checked. */
  #readCommit(): boolean {
    this.kind = "commit";
    return this.#setPlace(this.#layout.seq, this.#layout.timeMs);
  }

  #readEnvelope(): boolean {
    if (!this.#isText(this.#did)) return false;
    if (!this.#setPlace(this.value(this.#seq, 1), this.value(this.#time, 1))) return false;
    const kind = this.#kindOf();
    if (kind === null) return false;
    this.kind = kind;
    return this.#checkKind(kind);
  }

  #setPlace(seq: Value, timeMs: Value): boolean {
    if (typeof seq !== "number" || !Number.isSafeInteger(seq)) return false;
    if (typeof timeMs !== "number" || !Number.isSafeInteger(timeMs)) return false;
    if (timeMs < INSTANT_MS_MIN || timeMs > INSTANT_MS_MAX) return false;
    this.seq = seq;
    this.timeMs = timeMs;
    return true;
  }

  #checkKind(kind: EventKind): boolean {
    if (kind === "commit") {
      for (const node of this.#commit) if (!this.#isText(node)) return false;
    }
    if (kind !== "commit" || this.value(this.#oversize, 1) !== true) {
      this.#walker.forget(this.#oversize);
    }
    for (const node of this.#foreignTo(kind)) this.#walker.forget(node);
    return true;
  }

  /** Entries that somebody reads but events of this kind do not have, even where they stand in it. */
  #foreignTo(kind: EventKind): readonly PathNode[] {
    let foreign = this.#foreign.get(kind);
    if (foreign === undefined) {
      const own = [...FIELDS[kind], HOST_TIME].map((name) => Buffer.from(name));
      foreign = this.#tree.roots.nodes.filter(
        (node) => node !== this.#oversize && !own.some((name) => name.equals(node.name)),
      );
      this.#foreign.set(kind, foreign);
    }
    return foreign;
  }

  #text(node: PathNode): string {
    const value = this.value(node, 1);
    if (typeof value === "string") return value;
    throw new Error("invariant broken: a part of the envelope is no text");
  }

  #textLength(node: PathNode): number {
    const { start, end } = this.textSpan(node);
    return end - start;
  }

  #isText(node: PathNode): boolean {
    return this.isThere(node) && this.head(node) >> 5 === MAJOR.text;
  }

  #kindOf(): EventKind | null {
    if (!this.#isText(this.#kind)) return null;
    const { bytes, start, end } = this.textSpan(this.#kind);
    for (const [kind, known] of KIND_BYTES) {
      if (known.length === end - start && sameBytes(known, bytes, start)) return kind;
    }
    return null;
  }
}

/** Bytes of a head, by its lower five bits. */
export function headBytes(info: number): number {
  return info < 24 ? 1 : 1 + (1 << (info - 24));
}
