// Reads CBOR (RFC 8949) into values, straight and strict: definite lengths, text keys, the three tags of
// the language, finite numbers. Anything else is malformed, whoever sent it.

import {
  DURATION_MS,
  DURATION_SECONDS,
  MAJOR,
  READ_DEPTH_MAX,
  TAG_DURATION,
  TAG_INSTANT,
  TAG_LINK,
} from "./cbor-encode.ts";
import { cidText } from "./cid.ts";
import { MalformedPayload } from "./eval-error.ts";
import { KeyCache } from "./key-cache.ts";
import { durationOf, instantAt } from "./time.ts";
import {
  CidLink,
  type Duration,
  type Instant,
  type RecordValue,
  setField,
  type Value,
} from "./values.ts";

/** Text up to this long is read byte by byte while it is ASCII: a call into C++ costs more. */
const SHORT_TEXT_BYTES = 8;
const UINT32_SIZE = 2 ** 32;
const EMPTY = new Uint8Array();
const keys = new KeyCache();

/** For floats, which CBOR writes big-endian. */
const float = new DataView(new ArrayBuffer(8));
/** A method of Buffer that works on any bytes, so that no payload is wrapped; its types leave it out. */
const { utf8Slice } = Buffer.prototype as unknown as {
  readonly utf8Slice: (this: Uint8Array, start: number, end: number) => string;
};

export class CborReader {
  #bytes: Uint8Array = EMPTY;
  #at = 0;
  #end = 0;

  /** Starts on `payload`. The values read hold copies, not views of it. */
  open(payload: Uint8Array): void {
    this.#bytes = payload;
    this.#at = 0;
    this.#end = payload.length;
  }

  /** Starts on the item at `at` of `payload`, which is nested `depth` deep. */
  valueAt(payload: Uint8Array, at: number, depth: number): Value {
    this.open(payload);
    this.#at = at;
    return this.value(depth);
  }

  /** Offset of what comes next. */
  get at(): number {
    return this.#at;
  }

  /** Whether everything was read. */
  get done(): boolean {
    return this.#at >= this.#end;
  }

  /** @throws MalformedPayload */
  value(depth = 0): Value {
    const head = this.#byte();
    const info = head & 31;
    switch (head >> 5) {
      case MAJOR.unsigned:
        return this.#argument(info);
      case MAJOR.negative:
        return negative(this.#argument(info), this.#bytes, this.#at);
      case MAJOR.bytes:
        return this.#binary(this.#argument(info));
      case MAJOR.text:
        return this.#text(this.#argument(info));
      case MAJOR.list:
        return this.#list(this.#count(info, 1), depth);
      case MAJOR.map:
        return this.#record(this.#count(info, 2), depth);
      case MAJOR.tag:
        return this.#tagged(this.#argument(info), depth);
      default:
        return this.#simple(info);
    }
  }

  /** What stands here; of a byte string, the one item that its bytes are. @throws MalformedPayload */
  embedded(depth: number): Value {
    const head = this.#byte();
    if (head >> 5 !== MAJOR.bytes) {
      this.#at -= 1;
      return this.value(depth);
    }
    const length = this.#argument(head & 31);
    const all = this.#end;
    const end = this.#take(length) + length;
    this.#at = end - length;
    this.#end = end;
    const value = this.value(depth);
    if (this.#at !== end) throw new MalformedPayload("more than one value");
    this.#end = all;
    return value;
  }

  /** The length of the list that starts here. */
  listLength(): number {
    return this.#length(MAJOR.list, 1, "a list");
  }

  /** The number of entries of the map that starts here. */
  mapLength(): number {
    return this.#length(MAJOR.map, 2, "a map");
  }

  /** The key of a map's entry. */
  key(): string {
    const head = this.#byte();
    if (head >> 5 !== MAJOR.text) throw new MalformedPayload("a map key is not text");
    const length = this.#argument(head & 31);
    const start = this.#take(length);
    return keys.get(this.#bytes, start, length) ?? this.#decode(start, length);
  }

  #length(major: number, itemBytes: number, what: string): number {
    const head = this.#byte();
    if (head >> 5 !== major) throw new MalformedPayload(`expected ${what}`);
    return this.#count(head & 31, itemBytes);
  }

  #byte(): number {
    if (this.#at >= this.#end) throw new MalformedPayload("unexpected end");
    const byte = this.#bytes[this.#at] ?? 0;
    this.#at += 1;
    return byte;
  }

  /** Moves past `count` bytes and gives where they start. */
  #take(count: number): number {
    const start = this.#at;
    if (count > this.#end - start) throw new MalformedPayload("unexpected end");
    this.#at = start + count;
    return start;
  }

  #argument(info: number): number {
    if (info < 24) return info;
    if (info === 24) return this.#byte();
    if (info === 25) return this.#uint16();
    if (info === 26) return this.#uint32();
    if (info !== 27) throw new MalformedPayload(`unsupported length ${info}`);
    if (this.#end - this.#at < 8) throw new MalformedPayload("unexpected end");
    return this.#uint32() * UINT32_SIZE + this.#uint32();
  }

  #uint16(): number {
    const at = this.#take(2);
    return ((this.#bytes[at] ?? 0) << 8) | (this.#bytes[at + 1] ?? 0);
  }

  #uint32(): number {
    const high = this.#take(4);
    const bytes = this.#bytes;
    const low = ((bytes[high + 1] ?? 0) << 16) | ((bytes[high + 2] ?? 0) << 8);
    return (bytes[high] ?? 0) * 2 ** 24 + (low | (bytes[high + 3] ?? 0));
  }

  /** A number of items, each at least `itemBytes`: never more than there can be. */
  #count(info: number, itemBytes: number): number {
    const count = this.#argument(info);
    if (count * itemBytes > this.#end - this.#at) throw new MalformedPayload("unexpected end");
    return count;
  }

  #binary(length: number): Uint8Array {
    const start = this.#take(length);
    return Uint8Array.prototype.slice.call(this.#bytes, start, start + length); // Not Buffer's, a view
  }

  #text(length: number): string {
    return this.#decode(this.#take(length), length);
  }

  /** UTF-8; bytes that are not become U+FFFD (the shuffler has rejected such records before). */
  #decode(start: number, length: number): string {
    const bytes = this.#bytes;
    if (length > SHORT_TEXT_BYTES) return utf8Slice.call(bytes, start, start + length);
    let text = "";
    for (let i = start; i < start + length; i += 1) {
      const byte = bytes[i] ?? 0;
      if (byte > 0x7f) return utf8Slice.call(bytes, start, start + length);
      text += String.fromCharCode(byte);
    }
    return text;
  }

  #list(length: number, depth: number): Value[] {
    checkDepth(depth);
    const list: Value[] = [];
    for (let i = 0; i < length; i += 1) list.push(this.value(depth + 1));
    return list;
  }

  #record(length: number, depth: number): RecordValue {
    checkDepth(depth);
    const record: RecordValue = {};
    for (let i = 0; i < length; i += 1) {
      const name = this.key();
      if (name === "__proto__") setField(record, name, this.value(depth + 1));
      else record[name] = this.value(depth + 1);
    }
    return record;
  }

  #tagged(tag: number, depth: number): Value {
    switch (tag) {
      case TAG_LINK:
        return this.#link();
      case TAG_INSTANT:
        return this.#instant(depth);
      case TAG_DURATION:
        return this.#duration(depth);
      default:
        throw new MalformedPayload(`unknown tag ${tag}`);
    }
  }

  #link(): CidLink {
    const head = this.#byte();
    if (head >> 5 !== MAJOR.bytes) throw new MalformedPayload("a link is not bytes");
    const length = this.#argument(head & 31);
    const start = this.#take(length);
    if (length < 2 || this.#bytes[start] !== 0) throw new MalformedPayload("a link is not a CID");
    return new CidLink(cidText(this.#bytes, start + 1, start + length));
  }

  #instant(depth: number): Instant {
    const seconds = this.value(depth + 1);
    if (typeof seconds !== "number") throw new MalformedPayload("an instant is not a number");
    return instantAt(seconds * 1000);
  }

  #duration(depth: number): Duration {
    checkDepth(depth);
    const entries = this.mapLength();
    let ms = 0;
    for (let i = 0; i < entries; i += 1) {
      const key = this.value(depth + 1);
      const part = this.value(depth + 1);
      if (typeof part !== "number") throw new MalformedPayload("a duration is not numbers");
      if (key === DURATION_SECONDS) ms += part * 1000;
      else if (key === DURATION_MS) ms += part;
      else throw new MalformedPayload("unknown part of a duration");
    }
    return durationOf(ms);
  }

  #simple(info: number): Value {
    switch (info) {
      case 20:
        return false;
      case 21:
        return true;
      case 22:
      case 23: // undefined, which the language does not tell from null
        return null;
      case 25:
        return finite(readHalf(this.#uint16()));
      case 26:
        float.setUint32(0, this.#uint32());
        return finite(float.getFloat32(0));
      case 27:
        if (this.#end - this.#at < 8) throw new MalformedPayload("unexpected end");
        float.setUint32(0, this.#uint32());
        float.setUint32(4, this.#uint32());
        return finite(float.getFloat64(0));
      default:
        throw new MalformedPayload(`unknown simple value ${info}`);
    }
  }
}

function checkDepth(depth: number): void {
  if (depth >= READ_DEPTH_MAX) throw new MalformedPayload("nested too deep");
}

function finite(value: number): number {
  if (!Number.isFinite(value)) throw new MalformedPayload("a number is not finite");
  return value;
}

/** RFC 8949 appendix D: a half-precision float from its 16 bits. */
function readHalf(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 0x3ff;
  const sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (fraction + 1024) * 2 ** (exponent - 25);
}

/** -1 less the argument, which ends at `at`. Beyond 2^53 it is a rounded one, and -1 less that is rounded again. */
function negative(argument: number, bytes: Uint8Array, at: number): number {
  if (argument < 2 ** 53) return -1 - argument;
  const words = new DataView(bytes.buffer, bytes.byteOffset);
  return Number(-1n - words.getBigUint64(at - 8));
}
