// Eight bytes at a time: comparing and copying bytes word by word takes an eighth of the time. The last word overlaps
// the one before it, so that no bytes are left over. V8 keeps a BigInt that only passes from one view to another in a
// register; one that is reckoned with only inside `BigInt.asIntN`.

const LONG_WORD = 8;
const UINT32_SIZE = 2 ** 32;

let buffer: ArrayBufferLike = new ArrayBuffer(0);
let view: DataView = new DataView(buffer);

/** The memory that `bytes` lie in, from its beginning. Payloads share it, so the last one is kept. */
export function wordsOf(bytes: Uint8Array): DataView {
  if (bytes.buffer !== buffer) {
    buffer = bytes.buffer;
    view = new DataView(buffer);
  }
  return view;
}

/** Four ASCII characters as the word that they are in memory. */
export function wordOf(text: string): number {
  return Buffer.from(text, "latin1").readUInt32LE(0);
}

/** The number that eight bytes in network order are; not to the last unit beyond 2^53. */
export function uint64At(words: DataView, at: number): number {
  return words.getUint32(at) * UINT32_SIZE + words.getUint32(at + 4);
}

/** Copies what stands from `start` to `end` to `at`: for a few hundred bytes, where a call into C++ costs more. */
export function copyWords(
  from: DataView,
  start: number,
  end: number,
  into: DataView,
  at: number,
): void {
  const shift = at - start;
  const last = end - LONG_WORD;
  if (last >= start) {
    for (let i = start; i < last; i += LONG_WORD) {
      into.setBigInt64(i + shift, from.getBigInt64(i, true), true);
    }
    into.setBigInt64(last + shift, from.getBigInt64(last, true), true);
    return;
  }
  for (let i = start; i < end; i += 1) into.setUint8(i + shift, from.getUint8(i));
}

/** Whether what stands from `start` to `end` stands at `at` in `other` too. */
export function sameWords(
  words: DataView,
  start: number,
  end: number,
  other: DataView,
  at: number,
): boolean {
  const shift = at - start;
  const last = end - LONG_WORD;
  if (last >= start) {
    for (let i = start; i < last; i += LONG_WORD) {
      if (words.getBigInt64(i, true) !== other.getBigInt64(i + shift, true)) return false;
    }
    return words.getBigInt64(last, true) === other.getBigInt64(last + shift, true);
  }
  for (let i = start; i < end; i += 1) {
    if (words.getUint8(i) !== other.getUint8(i + shift)) return false;
  }
  return true;
}

/** Whether the bytes from `start` to `end` are ASCII. */
export function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i += 1) if ((bytes[i] ?? 0) > 0x7f) return false;
  return true;
}
