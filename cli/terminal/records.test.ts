import { describe, expect, it } from "vitest";
import { Instant, type RecordValue } from "../../runtime/eval/values.ts";
import { painter } from "./paint.ts";
import { recordText } from "./records.ts";

const paint = painter(false, {});
const at = (clock: string): Instant => new Instant(Date.parse(`2026-07-04T${clock}Z`));
const window = { start: at("12:00:00"), end: at("12:10:00") };
const trend = (tag: string, posts: number): RecordValue => ({
  tag,
  posts,
  window,
  time: at("12:09:59"),
});
const text = (records: RecordValue[], options = {}) =>
  recordText(
    records.map((record) => ({ topic: "t", record })),
    { paint, ...options },
  );

describe("recordText", () => {
  it("puts the records of a window under one label, columns aligned, numbers to the right", () => {
    expect(text([trend("art", 12), trend("goals", 9)])).toBe(
      "12:00–12:10  #art    posts 12\n             #goals  posts  9\n",
    );
  });

  it("counts what it does not show", () => {
    const shown = text([trend("a", 3), trend("b", 2), trend("c", 1)], { rowsMax: 2 });
    expect(shown).toMatch(/#b .*\n {13}… 1 more\n$/);
    expect(text([trend("a", 3), trend("b", 2)], { rowsMax: 2 })).not.toContain("more");
  });

  it("begins anew with another window or another topic", () => {
    const later = { ...trend("b", 1), window: { start: at("12:10:30"), end: at("12:20:30") } };
    expect(text([trend("a", 1), later])).toContain("12:10:30–12:20:30  #b");
    const topics = [
      { topic: "t", record: trend("a", 1) },
      { topic: "u", record: trend("a", 1) },
    ];
    expect(recordText(topics, { paint, withTopic: true })).toMatch(
      /10 {2}t {2}#a.*\n.*10 {2}u {2}#a/,
    );
  });

  it("labels a record without a window with its time", () => {
    expect(text([{ time: at("12:00:07"), ok: true }])).toBe("12:00:07  ok true\n");
  });

  it("lets nothing through that a terminal obeys, whoever wrote it", () => {
    expect(text([{ text: "a\u001b[31mb\u009b0m\nc\u202ed" }])).toBe("  a [31mb 0m c d\n");
  });

  it("cuts a long text at 40 characters and not at 39", () => {
    expect(text([{ text: "é".repeat(40) }])).toBe(`  ${"é".repeat(40)}\n`);
    expect(text([{ text: "é".repeat(41) }])).toBe(`  ${"é".repeat(39)}…\n`);
  });
});
