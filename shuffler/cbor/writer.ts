// Writes DAG-CBOR into one growing buffer: heads as short as they go, floats 64 bits wide. The caller
// puts map keys in DAG-CBOR order (shorter first, then bytewise).

const INITIAL_BYTES = 1024;
/** Text up to this many code units is written unit by unit: a call into C++ costs more. */
const SHORT_TEXT = 64;
const CID_TAG_HEAD = 0xd8;
const CID_TAG = 42;

export class CborWriter {
  #buffer = Buffer.allocUnsafe(INITIAL_BYTES);
  #at = 0;

  /** A copy of what was written; the writer starts anew. */
  take(): Uint8Array {
    const bytes = Uint8Array.prototype.slice.call(this.#buffer, 0, this.#at); // Buffer's is a view
    this.#at = 0;
    return bytes;
  }

  map(size: number): this {
    return this.#head(5, size);
  }

  list(size: number): this {
    return this.#head(4, size);
  }

  text(value: string): this {
    if (value.length <= SHORT_TEXT && this.#shortText(value)) return this;
    const length = Buffer.byteLength(value);
    this.#head(3, length).#reserve(length);
    this.#at += this.#buffer.write(value, this.#at);
    return this;
  }

  byteString(value: Uint8Array): this {
    return this.#head(2, value.length).raw(value);
  }

  /** A safe integer becomes an integer, any other finite number a 64-bit float. */
  number(value: number): this {
    if (Number.isSafeInteger(value)) {
      return value < 0 ? this.#head(1, -1 - value) : this.#head(0, value);
    }
    this.#byte(0xfb).#reserve(8);
    this.#at = this.#buffer.writeDoubleBE(value, this.#at);
    return this;
  }

  boolean(value: boolean): this {
    return this.#byte(value ? 0xf5 : 0xf4);
  }

  null(): this {
    return this.#byte(0xf6);
  }

  /** @param cid binary, without the leading zero byte. */
  cidLink(cid: Uint8Array): this {
    return this.#byte(CID_TAG_HEAD)
      .#byte(CID_TAG)
      .#head(2, cid.length + 1)
      .#byte(0)
      .raw(cid);
  }

  /** Bytes that are CBOR already. */
  raw(bytes: Uint8Array): this {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#at);
    this.#at += bytes.length;
    return this;
  }

  /** Writes ASCII unit by unit; writes nothing and gives false when the text is not ASCII. */
  #shortText(value: string): boolean {
    const start = this.#at;
    this.#head(3, value.length).#reserve(value.length);
    const buffer = this.#buffer;
    const at = this.#at;
    for (let i = 0; i < value.length; i += 1) {
      const unit = value.charCodeAt(i);
      if (unit > 0x7f) {
        this.#at = start;
        return false;
      }
      buffer[at + i] = unit;
    }
    this.#at = at + value.length;
    return true;
  }

  #head(major: number, argument: number): this {
    const initial = major << 5;
    if (argument < 24) return this.#byte(initial | argument);
    this.#reserve(9);
    const buffer = this.#buffer;
    let at = this.#at + 1;
    if (argument < 0x100) {
      buffer[this.#at] = initial | 24;
      at = buffer.writeUInt8(argument, at);
    } else if (argument < 0x1_0000) {
      buffer[this.#at] = initial | 25;
      at = buffer.writeUInt16BE(argument, at);
    } else if (argument < 0x1_0000_0000) {
      buffer[this.#at] = initial | 26;
      at = buffer.writeUInt32BE(argument, at);
    } else {
      buffer[this.#at] = initial | 27;
      at = buffer.writeBigUInt64BE(BigInt(argument), at);
    }
    this.#at = at;
    return this;
  }

  #byte(value: number): this {
    this.#reserve(1);
    this.#buffer[this.#at] = value;
    this.#at += 1;
    return this;
  }

  #reserve(bytes: number): void {
    const needed = this.#at + bytes;
    if (needed <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    grown.set(this.#buffer.subarray(0, this.#at));
    this.#buffer = grown;
  }
}
