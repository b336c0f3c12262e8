// Memory that is allocated without being cleared holds anything: other records, or secrets. In tests it holds a known
// byte instead, so a byte that is read or sent before it is written is wrong in every run, not in one of many.
//
// vitest loads this file before every test file (vitest.config.ts). Threads and child processes have a Buffer of their
// own, which is not poisoned.

/** What such memory is filled with. */
export const POISON = 0xa5;

type Poison = { byte: number };
const KEY = Symbol.for("fpaas poisoned buffers");
/** Of the process, not of this module: vitest may load the module again, and Buffer is wrapped once. */
const world = globalThis as typeof globalThis & { [KEY]?: Poison }; // Nobody else has this symbol.

const poison: Poison = world[KEY] ?? installed({ byte: POISON });

/** What `run` returns while memory that is not cleared is filled with `byte` instead. */
export function withPoison<T>(byte: number, run: () => T): T {
  const before = poison.byte;
  poison.byte = byte;
  try {
    return run();
  } finally {
    poison.byte = before;
  }
}

/**
 * The bytes that `run` gives, which must not depend on memory that was never written: it runs with two poisons.
 * @throws Error when a byte of the poison is among them
 */
export function cleanBytes<T extends readonly Uint8Array[]>(run: () => T): T {
  const [bytes, again] = [withPoison(POISON, run), withPoison(POISON ^ 0xff, run)];
  const clean = bytes.length === again.length && bytes.every((one, i) => sameBytes(one, again[i]));
  if (!clean) throw new Error("memory that was never written gets out");
  return bytes;
}

export function sameBytes(one: Uint8Array, other: Uint8Array | undefined): boolean {
  return other !== undefined && Buffer.compare(one, other) === 0;
}

function installed(state: Poison): Poison {
  const allocUnsafe = Buffer.allocUnsafe.bind(Buffer);
  const allocUnsafeSlow = Buffer.allocUnsafeSlow.bind(Buffer);
  // Functions, since cbor-x calls them with `new`.
  Buffer.allocUnsafe = function poisoned(size) {
    return allocUnsafe(size).fill(state.byte);
  };
  Buffer.allocUnsafeSlow = function poisonedSlow(size) {
    return allocUnsafeSlow(size).fill(state.byte);
  };
  world[KEY] = state;
  return state;
}
