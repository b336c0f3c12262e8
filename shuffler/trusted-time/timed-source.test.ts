import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { rejected } from "../decode/rejection.ts";
import type { Clock } from "../ports.ts";
import { openRecording } from "../sources/recording.ts";
import type { Source, SourceItem } from "../sources/source.ts";
import { SleepingClock } from "../testing/clock.ts";
import { commitFrame, create, errorFrame, identityFrame, revOf } from "../testing/frames.ts";
import { frameItems, readAll, sourceOf } from "../testing/items.ts";
import { verifiedSource } from "../verify/verified-source.ts";
import { BEHIND_MS, ITEM_BYTES, LOOK_AHEAD_BYTES_MAX, QUIET_MS, QUIET_SLACK_MS } from "./limits.ts";
import { TimedSource, type TimedSourceOptions } from "./timed-source.ts";

const START_MS = Date.parse("2026-07-04T00:00:00Z");
const AHEAD_MS = 3_000_000;
/** What the events of `LiveRelay` usually are behind our clock. */
const SOME_MS = 200;

function frame(ms: number, over: { readonly position: number }): SourceItem {
  const time = new Date(START_MS + ms).toISOString();
  const raw = commitFrame([create("a")], { seq: over.position, time });
  return { kind: "frame", raw, ...over };
}

/** One frame each 10 ms. */
function frames(count: number, claim = (i: number) => i * 10): SourceItem[] {
  return Array.from({ length: count }, (_, position) => frame(claim(position), { position }));
}

function timed(source: Source, over: Partial<TimedSourceOptions> = {}): TimedSource {
  return new TimedSource({ source, clock: new SleepingClock(), ...over });
}

/** Position and trusted time, milliseconds from the start. */
async function timesOf(source: TimedSource): Promise<(readonly [number, number | null])[]> {
  const { items } = await readAll(source);
  return items.map(({ position, trustedMs }) => [
    position,
    trustedMs === undefined ? null : trustedMs - START_MS,
  ]);
}

describe("a recording with trusted times", () => {
  it("has its items in their order, also those without a time", async () => {
    const items = frames(100);
    const message = rejected("bad_car", "");
    items.splice(50, 0, { kind: "frame", position: 49, raw: errorFrame("ConsumerTooSlow", "") });
    items.splice(70, 0, { kind: "message", position: 68, raw: new Uint8Array(), message });
    const times = await timesOf(timed(sourceOf(items, 7)));
    expect(times.map(([position]) => position)).toEqual(items.map(({ position }) => position));
    expect(times[50]).toEqual([49, null]);
    expect(times[70]).toEqual([68, null]);
  });

  it("passes what has no frames on at once, untouched", async () => {
    const at = { did: "did:plc:a", seq: 1, timeMs: 5 } as const;
    const message = { kind: "identity", handle: null, ...at } as const;
    const item = { kind: "message", position: 1, raw: new Uint8Array(), message } as const;
    const batches = timed(sourceOf([item, item], 1)).batches();
    expect((await batches.next()).value).toEqual([item]);
  });

  it("is the same however it is cut into batches", async () => {
    const items = frames(3000, (i) => i * 10 + (i % 9 === 4 ? AHEAD_MS : 0));
    const one = await timesOf(timed(sourceOf(items, 1)));
    expect(await timesOf(timed(sourceOf(items, 4096)))).toEqual(one);
    expect(one.filter(([position, ms]) => ms !== position * 10).length).toBe(333);
  });

  it("counts frames whose host is ahead, and behind", async () => {
    const source = timed(
      sourceOf(
        frames(3000, (i) => i * 10 + (i > 100 && i % 9 === 4 ? AHEAD_MS * (i % 2 ? 1 : -1) : 0)),
      ),
    );
    await readAll(source);
    expect(source.stats).toEqual({ ahead: 161, behind: 161, frozen: 0, isWallTrusted: true });
  });

  it.each([
    [
      "posts",
      (seq: number, time: string) =>
        commitFrame([create(`r${seq}`)], { seq, time, rev: revOf(seq % 1024) }),
    ],
    [
      "handles of the same letters",
      (seq: number, time: string) =>
        identityFrame({ seq, time, handle: `${"abcdefghijklmnopqrst".charAt(seq % 20)}.test` }),
    ],
  ])("corrects a host whose clock stands still: %s", async (_, make) => {
    const isFrozen = (i: number): boolean => i % 10 === 3;
    const items = frameItems(
      Array.from({ length: 3000 }, (_item, i) =>
        make(i, new Date(START_MS + (isFrozen(i) ? 0 : i * 100)).toISOString()),
      ),
    );
    const times = await timesOf(timed(sourceOf(items)));
    const off = times.map(([position, ms]) => Math.abs((ms ?? 0) - position * 100));
    expect(Math.max(...off)).toBeLessThanOrEqual(BEHIND_MS);
    // Those that claim less than what counts as behind keep it.
    expect(off.filter((ms) => ms > 100).length).toBe(BEHIND_MS / 1000);
  });

  it("knows what is given again though more than a block of it comes, up to what is remembered", async () => {
    const first = frames(2000);
    const more = Array.from({ length: 1500 }, (_, i) =>
      frame((2000 + i) * 10, { position: 2000 + i }),
    );
    const joined = [...first, ...first, ...more].map((item, position) => ({ ...item, position }));
    const held = async (givenFrames: number) => {
      const source = timed(sourceOf(joined), { givenFrames });
      const times = await timesOf(source);
      return { behind: source.stats.behind, times: times.slice(4000).map(([, ms]) => ms) };
    };
    const right = more.map((_, i) => (2000 + i) * 10);
    expect(await held(2048)).toEqual({ behind: 0, times: right });
    expect((await held(1024)).behind).toBeGreaterThan(0);
  });

  it("does not ask what verification has refused", async () => {
    // Three of four frames are a day ahead: the majority, if they had a say.
    const items = frames(2000, (i) => i * 10 + (i % 4 > 0 ? 864e5 : 0));
    const isForged = (raw: Uint8Array) => items.findIndex((one) => one.raw === raw) % 4 > 0;
    const check = async (raw: Uint8Array) => (isForged(raw) ? rejected("bad_signature", "") : null);
    const good = (await timesOf(timed(verifiedSource(sourceOf(items), { check })))).filter(
      ([position]) => position % 4 === 0,
    );
    expect(good).toEqual(Array.from({ length: 500 }, (_, i) => [i * 4, i * 40]));
  });

  it("gives everything before the place where it is broken off", async () => {
    const broken: Source = {
      name: "broken",
      live: false,
      async *batches() {
        yield frames(500);
        throw new Error("cut off");
      },
    };
    const { items, error } = await readAll(timed(broken));
    expect(items).toHaveLength(500);
    expect(error).toMatchObject({ message: "cut off" });
  });

  it("goes on behind a position with the times that it would have had", async () => {
    const items = frames(3000, (i) => i * 10 + (i % 9 === 4 ? AHEAD_MS : 0));
    const whole = await timesOf(timed(sourceOf(items)));
    const rest = await timesOf(timed(sourceOf(items), { passedPosition: 1999 }));
    expect(rest).toEqual(whole.slice(2000));
  });

  it("looks ahead no further than the bytes that may wait", async () => {
    const COUNT = 16;
    const sized = (size: number, position: number): SourceItem => {
      const time = new Date(START_MS + position).toISOString();
      const blocks = new Uint8Array(size);
      return { kind: "frame", position, raw: commitFrame([create("a")], { time, blocks }) };
    };
    const shareBytes = LOOK_AHEAD_BYTES_MAX / COUNT - ITEM_BYTES;
    const restBytes = sized(100_000, 0).raw.length - 100_000;
    for (const [bytes, left] of [
      [shareBytes - 1, 0],
      [shareBytes, 1],
    ] as const) {
      const items = Array.from({ length: COUNT }, (_, i) => sized(bytes - restBytes, i));
      expect(items[0]?.raw.length).toBe(bytes);
      const first = await Promise.race([timed(endless(items)).batches().next(), idle()]);
      expect(first === null ? 0 : first.value.length).toBe(left);
    }
  });

  it.skipIf(!hasRecording())("keeps the times of an official server's frames", async () => {
    const source = timed(openRecording(RECORDING, null));
    const { items } = await readAll(source);
    expect(items).toHaveLength(6148);
    expect(source.stats).toMatchObject({ ahead: 0, behind: 0, frozen: 0 });
  });
});

describe("a live source with trusted times", () => {
  it("waits a second for its first frames, and then no more", async () => {
    const relay = new LiveRelay();
    const out = new Out(timed(relay, { clock: relay.clock }));
    relay.give(relay.frame());
    await relay.pass(900);
    expect(out.items).toEqual([]);
    await relay.pass(200);
    expect(out.items).toHaveLength(1);
    relay.give(relay.frame());
    await relay.settle();
    expect(out.items).toHaveLength(2);
  });

  it("follows our clock while nothing is on its way, and counts no such item as read", async () => {
    const relay = new LiveRelay();
    const source = timed(relay, { clock: relay.clock });
    const out = new Out(source);
    relay.give(relay.frame(), relay.frame());
    await relay.pass(1500);
    expect(out.clocks).toEqual([]); // Nothing is known of the relay.
    relay.quiet = relay.clock.now();
    await relay.pass(QUIET_MS);
    relay.quiet = relay.clock.now();
    await relay.pass(QUIET_MS);
    expect(out.clocks.at(-1)).toBe(relay.quiet - SOME_MS - QUIET_SLACK_MS);
    const own = out.clocks.length;
    expect(own).toBeGreaterThan(0);
    relay.quiet = null;
    relay.give(relay.frame());
    await relay.settle();
    source.release(2);
    source.release(2 + own);
    source.release(3 + own);
    expect(relay.released).toEqual([2, 2, 3]);
  });

  it("never passes what an honest event of a quiet source would have", async () => {
    const relay = new LiveRelay();
    const out = new Out(timed(relay, { clock: relay.clock }));
    for (let i = 0; i < 300; i += 1) {
      relay.give(relay.frame());
      await relay.pass(100);
      for (let seconds = i % 3 === 0 ? 20 : 0; seconds > 0; seconds -= 1) {
        relay.quiet = relay.clock.now();
        await relay.pass(QUIET_MS);
      }
    }
    const times = out.items.map((item) => (item.kind === "clock" ? item.timeMs : item.trustedMs));
    expect(times).toEqual(times.toSorted((a, b) => (a ?? 0) - (b ?? 0)));
    expect(out.clocks.length).toBeGreaterThan(1000);
    expect(out.items.filter(({ kind }) => kind === "frame")).toHaveLength(300);
  });

  it("does not follow a clock that no frame has agreed with", async () => {
    const relay = new LiveRelay(3_600_000); // Our clock is an hour ahead of it.
    const out = new Out(timed(relay, { clock: relay.clock }));
    relay.give(relay.frame());
    await relay.pass(2000);
    relay.quiet = relay.clock.now();
    await relay.pass(10 * QUIET_MS);
    expect(out.items.map(({ kind }) => kind)).toEqual(["frame"]);
  });

  it("ends when the source does, with what was waiting", async () => {
    const relay = new LiveRelay();
    const out = new Out(timed(relay, { clock: relay.clock }));
    relay.give(relay.frame());
    relay.end();
    await out.ended;
    expect(out.items).toHaveLength(1);
  });
});

const RECORDING = "../shared/data/firehose/pds-a.frames.zst";

function hasRecording(): boolean {
  return existsSync(RECORDING);
}

function idle(): Promise<null> {
  return new Promise((resolve) => setTimeout(() => resolve(null), 50));
}

function endless(items: readonly SourceItem[]): Source {
  return {
    name: "endless",
    live: false,
    async *batches() {
      yield items;
      await new Promise(() => {});
    },
  };
}

/** Gives what the test says, by a clock that the test moves. */
class LiveRelay implements Source {
  readonly name = "relay";
  readonly live = true;
  readonly clock = new SetClock(START_MS);
  readonly released: number[] = [];
  quiet: number | null = null;
  readonly #offMs: number;
  #position = 0;
  #waiting: SourceItem[] = [];
  #ended = false;
  #wake = (): void => {};

  /** @param offMs how far its clock is behind ours */
  constructor(offMs = 0) {
    this.#offMs = offMs;
  }

  frame(): SourceItem {
    this.#position += 1;
    const ms = this.clock.now() - START_MS - SOME_MS - this.#offMs;
    return frame(ms, { position: this.#position });
  }

  give(...items: SourceItem[]): void {
    this.quiet = null;
    this.#waiting.push(...items);
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 100) {
      await this.settle();
      this.clock.pass(Math.min(left, 100));
    }
    await this.settle();
  }

  async settle(): Promise<void> {
    for (let i = 0; i < 3; i += 1) await new Promise((resolve) => setImmediate(resolve));
  }

  release(items: number): void {
    this.released.push(items);
  }

  quietMs(): number | null {
    return this.quiet;
  }

  async *batches(): AsyncGenerator<SourceItem[]> {
    for (;;) {
      if (this.#waiting.length === 0 && this.#ended) return;
      if (this.#waiting.length === 0) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        continue;
      }
      const items = this.#waiting;
      this.#waiting = [];
      yield items;
    }
  }
}

/** A clock that only the test moves. */
class SetClock implements Clock {
  #ms: number;
  #sleepers: { readonly dueMs: number; readonly wake: () => void }[] = [];

  constructor(ms: number) {
    this.#ms = ms;
  }

  now(): number {
    return this.#ms;
  }

  async sleep(ms: number): Promise<void> {
    await new Promise<void>((wake) => this.#sleepers.push({ dueMs: this.#ms + ms, wake }));
  }

  pass(ms: number): void {
    this.#ms += ms;
    const due = this.#sleepers.filter(({ dueMs }) => dueMs <= this.#ms);
    this.#sleepers = this.#sleepers.filter(({ dueMs }) => dueMs > this.#ms);
    for (const { wake } of due) wake();
  }
}

/** What a source gives, as it comes. */
class Out {
  readonly items: SourceItem[] = [];
  readonly ended: Promise<void>;

  constructor(source: Source) {
    this.ended = this.#read(source);
  }

  get clocks(): number[] {
    return this.items.flatMap((item) => (item.kind === "clock" ? [item.timeMs] : []));
  }

  async #read(source: Source): Promise<void> {
    for await (const items of source.batches()) this.items.push(...items);
  }
}
