import { describe, expect, it } from "vitest";
import { rejected } from "./decode/rejection.ts";
import { TOLD_MAX, ToldRejections } from "./told-rejections.ts";

describe("ToldRejections", () => {
  it("tells of each cause once, of each reason a few", () => {
    const told = new ToldRejections();
    const isNews = (detail: string) => told.isNews(rejected("bad_record", detail));
    expect(isNews("line 1: a key that is there twice")).toBe(true);
    expect(isNews("line 22: a key that is there twice")).toBe(false);
    for (let i = 1; i < TOLD_MAX; i += 1) expect(isNews("x".repeat(i))).toBe(true);
    expect(isNews("one more")).toBe(false);
    expect(told.isNews(rejected("bad_line", "one more"))).toBe(true);
  });
});
