// Bytes as text, one character a byte: for what is known to be ASCII, and for binary keys.

/** The method of Buffer itself, which its types leave out; `toString` takes half as long again. */
const { latin1Slice } = Buffer.prototype as unknown as {
  readonly latin1Slice: (this: Uint8Array, start: number, end: number) => string;
};

/** The bytes from `start` to `end`, which are both in `bytes`. */
export function latin1At(bytes: Uint8Array, start: number, end: number): string {
  return latin1Slice.call(bytes, start, end);
}
