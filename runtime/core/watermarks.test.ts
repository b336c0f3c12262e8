import { describe, expect, it } from "vitest";
import { Watermarks } from "./watermarks.ts";

const mark = (
  channel: string,
  over: { channels?: number; input?: number; generation?: number } = {},
) => ({
  input: 0,
  channels: 1,
  generation: 0,
  channel,
  ...over,
});

describe("Watermarks", () => {
  it("has none until every channel has spoken, then the least", () => {
    const watermarks = new Watermarks(1);
    watermarks.advance(mark("p00", { channels: 2 }), 100);
    expect(watermarks.least).toBe(Number.NEGATIVE_INFINITY);
    watermarks.advance(mark("p01", { channels: 2 }), 40);
    expect(watermarks.least).toBe(40);
    watermarks.advance(mark("p01", { channels: 2 }), 150);
    expect(watermarks.least).toBe(100);
  });

  it("never steps back", () => {
    const watermarks = new Watermarks(1);
    watermarks.advance(mark("p00"), 100);
    watermarks.advance(mark("p00"), 50);
    expect(watermarks.least).toBe(100);
    expect(watermarks.of(mark("p00"))).toBe(100);
  });

  it("never steps back for one channel, while another has not spoken", () => {
    const watermarks = new Watermarks(1);
    watermarks.advance(mark("p00", { channels: 2 }), 100);
    watermarks.advance(mark("p00", { channels: 2 }), 50);
    expect(watermarks.of(mark("p00", { channels: 2 }))).toBe(100);
    watermarks.advance(mark("p01", { channels: 2 }), 200);
    expect(watermarks.least).toBe(100);
  });

  it("takes the least over all inputs", () => {
    const watermarks = new Watermarks(2);
    watermarks.advance(mark("a"), 100);
    expect(watermarks.least).toBe(Number.NEGATIVE_INFINITY);
    watermarks.advance(mark("a", { input: 1 }), 70);
    expect(watermarks.least).toBe(70);
  });

  it("goes on with the channels of a later version, and forgets the earlier one's", () => {
    const watermarks = new Watermarks(1);
    const old = (channel: string) => mark(channel, { channels: 2, generation: 3 });
    const next = (channel: string) => mark(channel, { channels: 1, generation: 4 });
    watermarks.advance(old("v3.a"), 100);
    watermarks.advance(old("v3.b"), 120);
    watermarks.advance(next("v4.a"), 110);
    expect(watermarks.least).toBe(110);
    watermarks.advance(old("v3.b"), 500);
    watermarks.advance(next("v4.a"), 200);
    expect(watermarks.least).toBe(200);
  });

  it("keeps the channels of a later version when the earlier one speaks once more", () => {
    const watermarks = new Watermarks(1);
    const next = (channel: string) => mark(channel, { channels: 2, generation: 4 });
    watermarks.advance(next("v4.a"), 200);
    watermarks.advance(mark("v3.a", { channels: 1, generation: 3 }), 500);
    expect(watermarks.least).toBe(Number.NEGATIVE_INFINITY);
    watermarks.advance(next("v4.b"), 210);
    expect(watermarks.least).toBe(200);
  });

  it("stays where it is while a later version begins again from before, whose records are late", () => {
    const watermarks = new Watermarks(1);
    watermarks.advance(mark("v1", { generation: 1 }), 100);
    watermarks.advance(mark("v2", { generation: 2 }), 10);
    expect(watermarks.least).toBe(100);
    expect(watermarks.of(mark("v2", { generation: 2 }))).toBe(100);
  });

  it("comes back from what it saved, and not below what it has announced", () => {
    const watermarks = new Watermarks(1);
    watermarks.advance(mark("p00", { channels: 2 }), 100);
    const half = new Watermarks(1);
    half.restore(watermarks.save());
    half.advance(mark("p01", { channels: 2 }), 90);
    expect(half.least).toBe(90);
    half.advance(mark("v2", { generation: 2 }), 5);
    const whole = new Watermarks(1);
    whole.restore(half.save());
    expect(whole.least).toBe(90);
  });
});
