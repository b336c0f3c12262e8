// A naive CBOR encoder (RFC 8949), one array of bytes per item: what our writers are compared with. It shares no code
// with them, keeps no memory between calls, and knows nothing of slabs, words or lengths beforehand.

/** A tagged item. */
export class Tagged {
  readonly tag: number;
  readonly item: NaiveItem;

  constructor(tag: number, item: NaiveItem) {
    this.tag = tag;
    this.item = item;
  }
}

/** An item that is CBOR already. */
export class Encoded {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

/** An item to write. The entries of a map are written in the order given. */
export type NaiveItem =
  | null
  | boolean
  | number
  /** An integer past 2^53. */
  | bigint
  | string
  | Uint8Array
  | Tagged
  | Encoded
  | readonly NaiveItem[]
  | ReadonlyMap<NaiveItem, NaiveItem>;

/** The bytes of `item`: heads as short as possible, numbers that are not safe integers as 64-bit floats. */
export function naiveCbor(item: NaiveItem): Uint8Array {
  return Uint8Array.from(bytesOf(item));
}

/** `item` with the keys of all its maps in DAG-CBOR order: shorter first, then bytewise. */
export function inDagCborOrder(item: NaiveItem): NaiveItem {
  if (item instanceof Map) return new Map(sortedEntries(item));
  return isList(item) ? item.map(inDagCborOrder) : item;
}

function sortedEntries(map: ReadonlyMap<NaiveItem, NaiveItem>): [NaiveItem, NaiveItem][] {
  return [...map]
    .map(([key, value]) => ({ key, value, bytes: naiveCbor(key) }))
    .sort((a, b) => a.bytes.length - b.bytes.length || Buffer.compare(a.bytes, b.bytes))
    .map(({ key, value }) => [key, inDagCborOrder(value)]);
}

function bytesOf(item: NaiveItem): number[] {
  if (item === null) return [0xf6];
  if (typeof item === "boolean") return [item ? 0xf5 : 0xf4];
  if (typeof item === "number") return numberBytes(item);
  if (typeof item === "bigint") return bigintBytes(item);
  if (typeof item === "string") {
    const text = [...new TextEncoder().encode(item)];
    return [...head(3, text.length), ...text];
  }
  if (item instanceof Uint8Array) return [...head(2, item.length), ...item];
  if (item instanceof Encoded) return [...item.bytes];
  if (item instanceof Tagged) return [...head(6, item.tag), ...bytesOf(item.item)];
  if (isList(item)) return [...head(4, item.length), ...item.flatMap(bytesOf)];
  return [...head(5, item.size), ...[...item].flat(1).flatMap(bytesOf)];
}

function numberBytes(value: number): number[] {
  if (Number.isSafeInteger(value)) return value < 0 ? head(1, -1 - value) : head(0, value);
  const float = new DataView(new ArrayBuffer(8));
  float.setFloat64(0, value);
  return [0xfb, ...new Uint8Array(float.buffer)];
}

function bigintBytes(value: bigint): number[] {
  const argument = value < 0n ? -1n - value : value;
  const digits = argument.toString(16).padStart(16, "0").match(/../g) ?? [];
  return [value < 0n ? 0x3b : 0x1b, ...digits.map((digit) => Number.parseInt(digit, 16))];
}

function head(major: number, argument: number): number[] {
  const initial = major * 32;
  if (argument < 24) return [initial + argument];
  const size = [1, 2, 4, 8].find((bytes) => argument < 2 ** (8 * bytes)) ?? 8;
  const digits =
    argument
      .toString(16)
      .padStart(2 * size, "0")
      .match(/../g) ?? [];
  return [initial + 24 + Math.log2(size), ...digits.map((digit) => Number.parseInt(digit, 16))];
}

/** `Array.isArray` does not narrow a readonly array. */
function isList(item: NaiveItem): item is readonly NaiveItem[] {
  return Array.isArray(item);
}
