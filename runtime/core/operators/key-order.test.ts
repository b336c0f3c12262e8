import fc from "fast-check";
import { expect, it } from "vitest";
import { inOrder } from "./key-order.ts";

it("sorts keys as JavaScript does, however alike they begin", () => {
  const unit = fc.constantFrom("a", "b", "~", "\u007f", "é", "\u0000", "😀", "\ud800", "\uffff");
  const tail = fc.array(unit, { maxLength: 8 }).map((units) => units.join(""));
  const keys = fc.uniqueArray(tail, { minLength: 64, maxLength: 300 });
  const property = fc.property(keys, fc.constantFrom("", "sat://did:plc:"), (tails, start) => {
    const all = tails.map((one) => start + one);
    expect(inOrder(all).map((i) => all[i])).toEqual(all.toSorted());
  });
  fc.assert(property, { numRuns: 200 });
});
