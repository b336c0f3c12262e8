// Where a compiled expression finds the fields of an event that is still bytes, and of what operators have
// added to it. Every decision that the names alone settle is taken when the expression is compiled.

import { EVENT_FIELDS } from "../../../plan/event.ts";
import { type CborWriter, MAJOR } from "../cbor-encode.ts";
import type { Answer, Node, RecordPart, RecordSource } from "../evaluate.ts";
import { fieldReader } from "../nodes/paths.ts";
import { Instant, isRecord, type RecordValue, setField, type Value } from "../values.ts";
import { type EventView, headBytes } from "./event-view.ts";
import { hasOwnBytes, type PathNode } from "./path-tree.ts";
import { sameBytes } from "./walker.ts";

/** A field that an operator has added; its value is that of the record in hand. */
export type Added = { readonly name: string; value: Value };

const SOME_OBJECT: RecordValue = {};
/** Fields whose value is not that of an item in the event. */
const MADE: ReadonlySet<string> = new Set(["time", "uri", "host_time"]);
const EVENT_NAMES: ReadonlySet<string> = new Set(EVENT_FIELDS);

export class EventSource implements RecordSource {
  readonly #view: EventView;
  /** In the order they were added; of two of one name the later counts. */
  readonly #added: readonly Added[];

  constructor(view: EventView, added: readonly Added[]) {
    this.#view = view;
    this.#added = added;
  }

  field(names: readonly string[]): Node {
    const [name = "", ...rest] = names;
    const added = this.#addedBy(name);
    if (added !== undefined) return reading(() => added.value, rest);
    if (name === "time") return reading(() => new Instant(this.#view.timeMs), rest);
    if (name === "uri") return reading(() => this.#uri(), rest);
    if (name === "host_time") return reading(this.#view.hostTime(), rest);
    const path = this.stored(names);
    if (path !== null) return () => this.#view.value(path, names.length);
    return EVENT_NAMES.has(name) ? reading(this.field([name]), rest) : () => null;
  }

  exists(names: readonly string[]): Node {
    const [name = ""] = names;
    const view = this.#view;
    if (this.#addedBy(name) === undefined && names.length === 1) {
      if (name !== "host_time") return () => view.hasField(name);
      const hostTime = view.hostTime();
      return () => hostTime() !== null;
    }
    const path = this.stored(names);
    if (path !== null) return () => view.isThere(path);
    const last = names.at(-1) ?? "";
    const of = names.length === 1 ? this.whole : this.field(names.slice(0, -1));
    return (current, frame) => {
      const record = of(current, frame);
      return isRecord(record) && Object.hasOwn(record, last);
    };
  }

  readonly whole: Node = () => this.object();

  /** The record as an object. */
  object(): RecordValue {
    let record = this.#view.whole();
    for (const { name, value } of this.#added) record = { ...record, [name]: value };
    return record;
  }

  equalsText(names: readonly string[], text: string): Answer | null {
    const path = this.stored(names);
    if (path === null || !hasOwnBytes(text)) return null;
    const view = this.#view;
    const wanted = Buffer.from(text);
    return () => {
      if (!view.isThere(path)) return false;
      const major = view.head(path) >> 5;
      if (major !== MAJOR.text) return major === MAJOR.tag ? null : false;
      const { bytes, start, end } = view.textSpan(path);
      return end - start === wanted.length && sameBytes(wanted, bytes, start);
    };
  }

  hasText(names: readonly string[], text: string): Answer | null {
    const path = this.stored(names);
    if (path === null || !hasOwnBytes(text)) return null;
    const view = this.#view;
    const wanted = Buffer.from(text);
    return () => {
      if (!view.isThere(path)) return false;
      const head = view.head(path);
      // A list of a few short texts, as languages are; anything else is asked as a value.
      if (head >> 5 !== MAJOR.list || (head & 31) > 23) return null;
      const { bytes, start } = view.textSpan(path);
      return hasItem(bytes, start, head & 31, wanted);
    };
  }

  partial(names: readonly string[], { fields, shallow }: RecordPart): Node | null {
    const path = this.stored(names);
    if (path === null) return null;
    const view = this.#view;
    const parts = fields.map((name) => ({ name, path: view.node([...names, name]) }));
    return () => {
      if (!view.isThere(path)) return null;
      if (view.head(path) >> 5 !== MAJOR.map) return view.value(path, names.length);
      const record: RecordValue = {};
      for (const part of parts) {
        if (!view.isThere(part.path)) continue;
        const any = shallow && view.head(part.path) >> 5 === MAJOR.map;
        const value = any ? SOME_OBJECT : view.value(part.path, names.length + 1);
        setField(record, part.name, value);
      }
      return record;
    };
  }

  /** Where the walk notes the item at `names`; null when it does not stand in the event as it is. */
  stored(names: readonly string[]): PathNode | null {
    const [name = ""] = names;
    const made = MADE.has(name) || this.#addedBy(name) !== undefined;
    if (made || !EVENT_NAMES.has(name) || !names.every(hasOwnBytes)) return null;
    return this.#view.node(names);
  }

  /** Writes the value at `names` from its bytes; null when it has none of its own. */
  writing(names: readonly string[]): ((writer: CborWriter) => void) | null {
    const view = this.#view;
    const path = this.stored(names);
    if (path !== null) return (writer) => view.write(path, writer);
    const isUri = names.length === 1 && names[0] === "uri" && this.#addedBy("uri") === undefined;
    if (!isUri) return null;
    return (writer) => {
      if (view.kind === "commit") view.writeUri(writer);
      else writer.value(null);
    };
  }

  #addedBy(name: string): Added | undefined {
    return this.#added.findLast((one) => one.name === name);
  }

  #uri(): Value {
    return this.#view.kind === "commit" ? this.#view.uri() : null;
  }
}

/** The names `rest`, read one after the other. */
function reading(base: Node, rest: readonly string[]): Node {
  const reads = rest.map(fieldReader);
  if (reads.length === 0) return base;
  return (current, frame) => {
    let value = base(current, frame);
    for (const read of reads) value = read(value);
    return value;
  };
}

/** Whether `wanted` is among `count` texts; null when one of the items is something else, or long. */
function hasItem(
  bytes: Uint8Array,
  start: number,
  count: number,
  wanted: Uint8Array,
): boolean | null {
  let at = start;
  for (let left = count; left > 0; left -= 1) {
    const head = bytes[at] ?? 0;
    const length = head & 31;
    if (head >> 5 !== MAJOR.text || length > 23) return null;
    if (length === wanted.length && sameBytes(wanted, bytes, at + headBytes(length))) return true;
    at += 1 + length;
  }
  return false;
}
