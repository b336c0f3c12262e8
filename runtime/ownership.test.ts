import { describe, expect, it } from "vitest";
import { ownerOf } from "./ownership.ts";

const tasks = Array.from({ length: 200 }, (_, i) => `local.p${i}@1/s0.00`);

describe("ownerOf", () => {
  it("gives everybody the same answer, whatever the order of the list", () => {
    for (const task of tasks) {
      expect(ownerOf(task, ["a", "b", "c"])).toBe(ownerOf(task, ["c", "a", "b"]));
    }
  });

  it("moves only the tasks of a worker that left", () => {
    for (const task of tasks) {
      const before = ownerOf(task, ["a", "b", "c"]);
      if (before !== "b") expect(ownerOf(task, ["a", "c"])).toBe(before);
    }
  });

  it("gives every worker a share", () => {
    const owners = tasks.map((task) => ownerOf(task, ["a", "b", "c"]));
    for (const worker of ["a", "b", "c"]) {
      expect(owners.filter((owner) => owner === worker).length).toBeGreaterThan(30);
    }
  });

  it("has no owner without workers", () => {
    expect(ownerOf("t", [])).toBeNull();
  });
});
