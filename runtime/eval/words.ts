// Four bytes at a time: comparing, hashing and copying bytes word by word takes a fourth of the time.

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

/** Copies what stands from `start` to `end` to `at`: for a few hundred bytes, where a call into C++ costs more. */
export function copyWords(
  from: DataView,
  start: number,
  end: number,
  into: DataView,
  at: number,
): void {
  const shift = at - start;
  let i = start;
  for (; i + 3 < end; i += 4) into.setInt32(i + shift, from.getInt32(i, true), true);
  for (; i < end; i += 1) into.setUint8(i + shift, from.getUint8(i));
}

/** Whether the bytes from `start` to `end` are ASCII. */
export function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i += 1) if ((bytes[i] ?? 0) > 0x7f) return false;
  return true;
}
