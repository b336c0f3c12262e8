// Writes values as CBOR (RFC 8949): what messages between stages, topics and state hold.
//
// Our own rather than cbor-x's: its tags are process-wide (`addExtension`), so a tag of the language
// would change what every other user of cbor-x in the process reads; and an expression can build a
// value that is small in memory and huge when written out, which must stop at a limit.

import { copyWords, wordsOf } from "../../bytes/words.ts";
import { cidBytes } from "./cid.ts";
import { EvaluationError } from "./eval-error.ts";
import { INSTANT_MS_MAX, INSTANT_MS_MIN } from "./time.ts";
import { CidLink, Duration, Instant, type RecordValue, type Value } from "./values.ts";

/** Reason of the error when a value has more bytes than it may. */
export const VALUE_TOO_LARGE = "value too large";
/** Nesting of lists and objects in a value of the language. atproto records stay below 32. */
export const VALUE_DEPTH_MAX = 256;
/** Lists and objects that are put around such a value: by rows, state and dead letters. */
export const WRAPPER_DEPTH_MAX = 8;
/** Nesting that is read: of a value with all that may be around it. */
export const READ_DEPTH_MAX = VALUE_DEPTH_MAX + WRAPPER_DEPTH_MAX;
/** Bytes of one encoded value: what the server's `max_payload` of 8 MB leaves room for. */
export const VALUE_BYTES_MAX = 7 * 1024 * 1024;

/**
 * Bytes of one entry of state, which nobody sends: as much as a whole partition may keep (`STATE_LOG_BYTES_MAX`), so
 * that the limit of the partition is the one that is met.
 */
export const STATE_ENTRY_BYTES_MAX = 1024 * 1024 * 1024;

/** Tags: epoch time (RFC 8949 section 3.4.2), duration (RFC 9581 section 4), CID (DAG-CBOR). */
export const TAG_INSTANT = 1;
export const TAG_DURATION = 1002;
export const TAG_LINK = 42;
/** Keys of the duration map: whole seconds, and milliseconds to add. */
export const DURATION_SECONDS = 1;
export const DURATION_MS = -3;

export const MAJOR = {
  unsigned: 0,
  negative: 1,
  bytes: 2,
  text: 3,
  list: 4,
  map: 5,
  tag: 6,
  simple: 7,
} as const;

const START_BYTES = 4096;
/** Text up to this many code units is written unit by unit: a call into C++ costs more. */
const SHORT_TEXT = 64;
/** So many bytes are copied word by word, for the same reason. */
const COPIED_WORDS_BYTES = 256;
const UINT32_SIZE = 2 ** 32;
/** A larger buffer is let go with what was written in it: one huge entry must not cost its size for ever. */
const KEPT_BYTES_MAX = 16 * 1024 * 1024;

export class CborWriter {
  #bytes: Buffer;
  #words: DataView;
  #length = 0;
  /** What is being written may reach up to here. */
  #limit = VALUE_BYTES_MAX;

  /** @param bytes for which there is room from the start */
  constructor(bytes = START_BYTES) {
    this.#bytes = Buffer.allocUnsafeSlow(bytes);
    this.#words = new DataView(this.#bytes.buffer);
  }

  /** A copy of everything written since the last call. */
  take(): Uint8Array {
    if (this.#bytes.length > KEPT_BYTES_MAX) return this.#letGo();
    const bytes = Uint8Array.prototype.slice.call(this.#bytes, 0, this.#length);
    this.reset();
    return bytes;
  }

  /** A copy of the first `length` bytes; what was written behind them stands at the beginning from now on. */
  takeFirst(length: number): Uint8Array {
    const first = Uint8Array.prototype.slice.call(this.#bytes, 0, length);
    const rest = this.#length - length;
    this.#bytes.copyWithin(0, length, this.#length);
    this.resumeAt(0);
    this.#length = rest;
    return first;
  }

  /** As `take`, without a copy. */
  #letGo(): Uint8Array {
    const { buffer } = this.#bytes;
    const bytes = new Uint8Array(buffer, 0, this.#length);
    this.#bytes = Buffer.allocUnsafeSlow(START_BYTES);
    this.#words = new DataView(this.#bytes.buffer);
    this.reset();
    return bytes;
  }

  /** What is written stands at its beginning; good until something else is written. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Bytes written and not taken. */
  get length(): number {
    return this.#length;
  }

  /** Forgets what was written, after an error. */
  reset(): void {
    this.resumeAt(0);
  }

  /** Forgets what was written behind `length`: a value that begins there may have as many bytes as the first. */
  resumeAt(length: number, bytesMax = VALUE_BYTES_MAX): void {
    this.#length = length;
    this.#limit = length + bytesMax;
  }

  listHeader(length: number): void {
    this.#head(MAJOR.list, length);
  }

  mapHeader(length: number): void {
    this.#head(MAJOR.map, length);
  }

  /** Of a text whose bytes are written next. */
  textHeader(length: number): void {
    this.#head(MAJOR.text, length);
  }

  /** What is CBOR already, or the bytes of a text. */
  raw(bytes: Uint8Array, start: number, end: number): void {
    const base = bytes.byteOffset;
    this.words(wordsOf(bytes), base + start, base + end);
  }

  /** As `raw`, of some memory. */
  words(words: DataView, start: number, end: number): void {
    const at = this.#grow(end - start);
    if (end - start <= COPIED_WORDS_BYTES) copyWords(words, start, end, this.#words, at);
    else this.#bytes.set(new Uint8Array(words.buffer, words.byteOffset + start, end - start), at);
  }

  /** Bytes of a text, without its head. */
  ascii(text: string): void {
    const at = this.#grow(text.length);
    for (let i = 0; i < text.length; i += 1) this.#bytes[at + i] = text.charCodeAt(i);
  }

  text(text: string): void {
    this.#text(text);
  }

  /**
   * @param depth how deep it is nested already; negative for what is put around values
   * @throws EvaluationError when `value` is too deep or too large, or is none: a number that is not finite, say.
   */
  value(value: Value, depth = 0): void {
    if (value === null) this.#byte(0xf6);
    else if (typeof value === "string") this.#text(value);
    else if (typeof value === "number") this.number(value);
    else if (typeof value === "boolean") this.#byte(value ? 0xf5 : 0xf4);
    else if (Array.isArray(value)) this.list(value, depth);
    else if (value instanceof Instant) this.instant(value.ms);
    else if (value instanceof CidLink) this.#link(value);
    else if (value instanceof Duration) this.#duration(value, depth);
    else if (value instanceof Uint8Array) this.#binary(value);
    else this.#record(value, depth);
  }

  list(list: readonly Value[], depth: number): void {
    checkDepth(depth);
    this.#head(MAJOR.list, list.length);
    for (const item of list) this.value(item, depth + 1);
  }

  number(value: number): void {
    if (Number.isSafeInteger(value)) {
      if (value >= 0) this.#head(MAJOR.unsigned, value);
      else this.#head(MAJOR.negative, -1 - value);
      return;
    }
    if (!Number.isFinite(value)) throw new EvaluationError("number out of range", "not finite");
    const at = this.#grow(9);
    this.#bytes[at] = 0xfb;
    this.#words.setFloat64(at + 1, value);
  }

  #record(record: RecordValue, depth: number): void {
    checkDepth(depth);
    const names = Object.keys(record);
    this.#head(MAJOR.map, names.length);
    for (const name of names) {
      this.#text(name);
      this.value(record[name] ?? null, depth + 1);
    }
  }

  instant(ms: number): void {
    if (!(ms >= INSTANT_MS_MIN && ms <= INSTANT_MS_MAX)) {
      throw new EvaluationError("instant out of range");
    }
    this.#head(MAJOR.tag, TAG_INSTANT);
    this.number(ms / 1000);
  }

  #duration(duration: Duration, depth: number): void {
    checkDepth(depth);
    if (!Number.isSafeInteger(duration.ms)) throw new EvaluationError("duration out of range");
    const seconds = Math.floor(duration.ms / 1000);
    const rest = duration.ms - seconds * 1000;
    this.#head(MAJOR.tag, TAG_DURATION);
    this.#head(MAJOR.map, rest === 0 ? 1 : 2);
    this.number(DURATION_SECONDS);
    this.number(seconds);
    if (rest === 0) return;
    this.number(DURATION_MS);
    this.number(rest);
  }

  #link(link: CidLink): void {
    const cid = cidBytes(link.cid);
    if (cid.length === 0) throw new EvaluationError("invalid CID", link.cid);
    this.#head(MAJOR.tag, TAG_LINK);
    this.#head(MAJOR.bytes, cid.length + 1);
    this.#byte(0); // DAG-CBOR: the multibase prefix of raw binary
    this.#copy(cid);
  }

  #binary(bytes: Uint8Array): void {
    this.#head(MAJOR.bytes, bytes.length);
    this.#copy(bytes);
  }

  #text(text: string): void {
    if (text.length <= SHORT_TEXT && this.#shortText(text)) return;
    const length = Buffer.byteLength(text);
    this.#head(MAJOR.text, length);
    const at = this.#grow(length);
    this.#bytes.write(text, at, length, length === text.length ? "latin1" : "utf8");
  }

  /** Writes ASCII unit by unit; writes nothing and gives false when the text is not ASCII. */
  #shortText(text: string): boolean {
    const start = this.#length;
    this.#head(MAJOR.text, text.length);
    const at = this.#grow(text.length);
    const bytes = this.#bytes;
    for (let i = 0; i < text.length; i += 1) {
      const unit = text.charCodeAt(i);
      if (unit > 0x7f) {
        this.#length = start;
        return false;
      }
      bytes[at + i] = unit;
    }
    return true;
  }

  #head(major: number, argument: number): void {
    const type = major << 5;
    if (argument < 24) {
      this.#byte(type | argument);
    } else if (argument < 0x100) {
      const at = this.#grow(2);
      this.#bytes[at] = type | 24;
      this.#bytes[at + 1] = argument;
    } else if (argument < 0x10000) {
      const at = this.#grow(3);
      this.#bytes[at] = type | 25;
      this.#words.setUint16(at + 1, argument);
    } else if (argument < UINT32_SIZE) {
      const at = this.#grow(5);
      this.#bytes[at] = type | 26;
      this.#words.setUint32(at + 1, argument);
    } else {
      const at = this.#grow(9);
      this.#bytes[at] = type | 27;
      this.#words.setUint32(at + 1, Math.floor(argument / UINT32_SIZE));
      this.#words.setUint32(at + 5, argument % UINT32_SIZE);
    }
  }

  #byte(byte: number): void {
    const at = this.#grow(1);
    this.#bytes[at] = byte;
  }

  #copy(bytes: Uint8Array): void {
    const at = this.#grow(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /** Makes room for `count` bytes and gives where they start. It may replace `#bytes`: call it first. */
  #grow(count: number): number {
    const at = this.#length;
    const length = at + count;
    if (length > this.#limit) {
      throw new EvaluationError(
        VALUE_TOO_LARGE,
        `a value has at most ${VALUE_BYTES_MAX} bytes of CBOR`,
      );
    }
    if (length > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(length, this.#bytes.length * 2));
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#words = new DataView(larger.buffer);
    }
    this.#length = length;
    return at;
  }
}

function checkDepth(depth: number): void {
  if (depth >= VALUE_DEPTH_MAX) {
    throw new EvaluationError(
      "value too deep",
      `lists and objects nest at most ${VALUE_DEPTH_MAX} deep`,
    );
  }
}
