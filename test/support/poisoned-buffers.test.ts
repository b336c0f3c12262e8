import { expect, it } from "vitest";
import { cleanBytes, POISON, withPoison } from "./poisoned-buffers.ts";

it.each(["allocUnsafe", "allocUnsafeSlow"] as const)("poisons the memory of %s", (allocate) => {
  for (const size of [0, 1, 100, 10_000]) {
    expect(Buffer[allocate](size)).toEqual(Buffer.alloc(size, POISON));
    expect(withPoison(1, () => Buffer[allocate](size))).toEqual(Buffer.alloc(size, 1));
  }
  expect(Buffer[allocate](3)).toEqual(Buffer.alloc(3, POISON));
});

it("can be called with `new`, as cbor-x does", () => {
  const made: unknown = Reflect.construct(Reflect.get(Buffer, "allocUnsafeSlow"), [5]);
  expect(made).toEqual(Buffer.alloc(5, POISON));
});

it("leaves alone what is beside it in the same pool", () => {
  const before = Buffer.allocUnsafe(5).fill(1);
  Buffer.allocUnsafe(5);
  expect(before).toEqual(Buffer.alloc(5, 1));
});

it("finds a byte that was never written, and bytes that come once and not again", () => {
  const written = () => Buffer.allocUnsafe(10).fill(3);
  expect(cleanBytes(() => [written()])).toEqual([Buffer.alloc(10, 3)]);
  expect(() => cleanBytes(() => [written(), written().fill(Buffer.allocUnsafe(1), 9)])).toThrow(
    "never written",
  );
  const fewer = [[written(), written()], [written()]];
  expect(() => cleanBytes(() => fewer.pop() ?? [])).toThrow("never written");
});
