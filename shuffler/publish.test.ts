import { describe, expect, it } from "vitest";
import { CursorNotSaved, FINAL_SAVE_TRIES_MAX } from "./cursor-saver.ts";
import type { CursorStore, Place, Publisher, StoredIds } from "./ports.ts";
import {
  type Progress,
  type PublishOptions,
  publishSource,
  REPORT_INTERVAL_MS,
} from "./publish.ts";
import { RepeatGuard } from "./repeat-guard.ts";
import { Shuffler } from "./shuffle.ts";
import type { ShuffledMessage } from "./shuffled-message.ts";
import type { SourceItem } from "./sources/source.ts";
import { SleepingClock } from "./testing/clock.ts";
import { commitFrame, create, revOf } from "./testing/frames.ts";
import { frameItems, sourceOf } from "./testing/items.ts";

const FRAMES = Array.from({ length: 40 }, (_, seq) =>
  commitFrame([create(`r${seq}`), create(`s${seq}`)], {
    seq,
    rev: revOf(seq),
    time: `2026-07-04T00:00:${String(10 + seq)}.000Z`,
  }),
);

class MemoryCursor implements CursorStore {
  readonly saved: number[] = [];

  async load(): Promise<number | null> {
    return this.saved.at(-1) ?? null;
  }

  async save(_host: string, position: number): Promise<Place> {
    this.saved.push(position);
    return { position, numbering: 0, savedAtMs: 0 };
  }
}

/** Knows what it is told to. */
class TestIds implements StoredIds {
  readonly known: Set<string>;
  readonly followed: number[] = [];

  constructor(known: Iterable<string> = []) {
    this.known = new Set(known);
  }

  async follow(sinceMs: number): Promise<void> {
    this.followed.push(sinceMs);
  }

  async catchUp(): Promise<void> {
    this.followed.push(Number.NEGATIVE_INFINITY);
  }

  has(msgId: string): boolean {
    return this.known.has(msgId);
  }

  stop(): void {
    this.known.clear();
  }
}

function guardOf(ids: StoredIds = new TestIds(), live = false, nowMs = 0): RepeatGuard {
  return new RepeatGuard({ ids, clock: new SleepingClock(nowMs), windowMs: 120_000, live });
}

/** Takes everything; `stored` is settled by whatever `answer` gives. */
class TestPublisher implements Publisher {
  readonly messages: ShuffledMessage[] = [];
  readonly #answer: (message: ShuffledMessage, index: number) => Promise<void>;

  constructor(answer: (message: ShuffledMessage, index: number) => Promise<void> = async () => {}) {
    this.#answer = answer;
  }

  async publish(message: ShuffledMessage, signal: AbortSignal) {
    signal.throwIfAborted();
    this.messages.push(message);
    return { stored: this.#answer(message, this.messages.length - 1) };
  }
}

function newShuffler(): Shuffler {
  return new Shuffler({ partitions: 2, maxPayloadBytes: 1_000_000, relay: "test" });
}

function optionsFor(publisher: Publisher, over: Partial<PublishOptions> = {}): PublishOptions {
  return {
    source: sourceOf(frameItems(FRAMES)),
    shuffler: newShuffler(),
    publisher,
    cursorStore: new MemoryCursor(),
    guard: guardOf(),
    clock: new SleepingClock(),
    speed: "max",
    closeWindows: false,
    signal: new AbortController().signal,
    onProgress: () => {},
    onCursorNotSaved: (error) => {
      throw error;
    },
    ...over,
  };
}

/** What the shuffler makes of the frames, without a publisher. */
function expectedMessages(items: readonly SourceItem[]): string[] {
  const shuffler = newShuffler();
  return items.flatMap((item) => shuffler.push(item)).map((message) => message.msgId);
}

describe("publishSource", () => {
  it("publishes what the shuffler makes, in order, and saves the last position", async () => {
    const publisher = new TestPublisher();
    const cursorStore = new MemoryCursor();
    const progress = await publishSource(
      optionsFor(publisher, { cursorStore, closeWindows: true }),
    );
    const ids = publisher.messages.map((message) => message.msgId);
    expect(ids).toEqual([...expectedMessages(frameItems(FRAMES)), "wm-0-end", "wm-1-end"]);
    expect(await cursorStore.load()).toBe(39);
    expect(progress).toMatchObject({ frontier: { position: 39 }, outstanding: 0 });
    expect(progress.counters.events.commit).toBe(80);
  });

  it("never saves a position with something before it not yet stored", async () => {
    const slow = Promise.withResolvers<void>();
    const slowId = expectedMessages(frameItems(FRAMES.slice(0, 6))).at(-4) ?? "";
    const publisher = new TestPublisher((message) =>
      message.msgId === slowId ? slow.promise : Promise.resolve(),
    );
    const cursorStore = new MemoryCursor();
    const run = publishSource(optionsFor(publisher, { cursorStore, speed: 1 }));
    await expect.poll(() => publisher.messages.length).toBe(160);
    expect(cursorStore.saved.length).toBeGreaterThan(0);
    expect(cursorStore.saved.at(-1)).toBe(4);
    slow.resolve();
    await run;
    expect(cursorStore.saved.at(-1)).toBe(39);
  });

  it("saves the cursor of a quiet relay once all is stored, without a further event", async () => {
    const more = Promise.withResolvers<void>();
    const source = {
      ...sourceOf([]),
      live: true,
      async *batches() {
        yield frameItems(FRAMES.slice(0, 3));
        await more.promise;
      },
    };
    const answers: (() => void)[] = [];
    const publisher = new TestPublisher(() => new Promise((stored) => answers.push(stored)));
    const cursorStore = new MemoryCursor();
    const positions: unknown[] = [];
    const onProgress = ({ frontier }: Progress) => void positions.push(frontier?.position ?? null);
    const guard = guardOf(new TestIds(), true);
    const run = publishSource(optionsFor(publisher, { source, cursorStore, guard, onProgress }));
    await expect.poll(() => answers.length).toBeGreaterThan(6);
    expect(cursorStore.saved).toEqual([]);
    for (const stored of answers) stored();
    await expect.poll(() => cursorStore.saved).toEqual([2]);
    expect(positions.at(-1)).toBe(2);
    more.resolve();
    await run;
  });

  it("tries to save the cursor of a quiet relay again when the store was away", async () => {
    const more = Promise.withResolvers<void>();
    const source = {
      ...sourceOf([]),
      live: true,
      async *batches() {
        yield frameItems(FRAMES.slice(0, 3));
        await more.promise;
      },
    };
    const cursorStore = new MemoryCursor();
    let failures = 3;
    const failing: CursorStore = {
      save: async (host, position) => {
        failures -= 1;
        if (failures >= 0) throw new Error("away");
        return await cursorStore.save(host, position);
      },
    };
    const told: unknown[] = [];
    const run = publishSource(
      optionsFor(new TestPublisher(), {
        source,
        cursorStore: failing,
        guard: guardOf(new TestIds(), true),
        onCursorNotSaved: (error) => told.push(error),
      }),
    );
    await expect.poll(() => cursorStore.saved).toEqual([2]);
    expect(told).toHaveLength(1);
    more.resolve();
    await run;
  });

  it("tells a source that waits for room what is stored, though it gives nothing meanwhile", async () => {
    const answer = Promise.withResolvers<void>();
    const publisher = new TestPublisher(() => answer.promise);
    const room = Promise.withResolvers<void>();
    const [first, second] = [frameItems(FRAMES.slice(0, 3)), frameItems(FRAMES).slice(3, 6)];
    const source: PublishOptions["source"] = {
      ...sourceOf([]),
      async *batches() {
        yield first;
        answer.resolve(); // Everything is on its way: only its acks are still to come.
        await room.promise;
        yield second;
      },
      release: (items) => {
        if (items === first.length) room.resolve();
      },
    };
    const progress = await publishSource(optionsFor(publisher, { source }));
    expect(progress.counters.items).toBe(6);
  });

  it("publishes the clock of a quiet source though another shuffler has saved its position", async () => {
    const publisher = new TestPublisher();
    const ahead: CursorStore = { save: async () => ({ position: 99, numbering: 0, savedAtMs: 0 }) };
    const clock = new SleepingClock();
    const [first, ...rest] = frameItems(FRAMES);
    const raw = new Uint8Array();
    const timeMs = Date.parse("2026-07-04T00:10:00.000Z");
    const source = {
      ...sourceOf([]),
      live: true,
      async *batches() {
        yield first === undefined ? [] : [first];
        clock.ms += 2000; // The cursor is saved with the next one.
        yield rest.slice(0, 1);
        await new Promise((resolve) => setImmediate(resolve));
        yield [rest[1], { kind: "clock", position: 1, raw, timeMs }] as SourceItem[];
      },
    };
    const progress = await publishSource(
      optionsFor(publisher, { source, clock, cursorStore: ahead }),
    );
    expect(progress.skipped).toBe(1);
    expect(publisher.messages.at(-1)?.msgId).toBe(`wm-1-${timeMs / 1000}`);
  });

  it("waits for the publisher instead of reading on", async () => {
    const room = Promise.withResolvers<void>();
    const publisher: Publisher = {
      publish: async () => {
        await room.promise;
        return { stored: Promise.resolve() };
      },
    };
    let read = 0;
    const inner = sourceOf(frameItems(FRAMES), 1);
    const source = {
      ...inner,
      async *batches() {
        for await (const batch of inner.batches()) {
          read += 1;
          yield batch;
        }
      },
    };
    const run = publishSource(optionsFor(publisher, { source }));
    await expect.poll(() => read).toBe(1);
    room.resolve();
    await run;
    expect(read).toBe(40);
  });

  it("paces a recording by its own time, and not a live source", async () => {
    const clock = new SleepingClock();
    await publishSource(optionsFor(new TestPublisher(), { clock, speed: 2 }));
    expect(clock.now()).toBe(19_500);
    const live = new SleepingClock();
    const source = { ...sourceOf(frameItems(FRAMES)), live: true };
    await publishSource(optionsFor(new TestPublisher(), { clock: live, source, speed: 2 }));
    expect(live.now()).toBeLessThanOrEqual(REPORT_INTERVAL_MS); // It waits to save the cursor only.
  });

  it("saves the cursor at most once a second", async () => {
    const cursorStore = new MemoryCursor();
    await publishSource(optionsFor(new TestPublisher(), { cursorStore, speed: 4 }));
    expect(cursorStore.saved.length).toBeLessThanOrEqual(10);
    expect(cursorStore.saved.at(-1)).toBe(39);
  });

  it("stops cleanly when aborted, with the cursor at what was stored, and resumes there", async () => {
    const controller = new AbortController();
    const cursorStore = new MemoryCursor();
    const first = new TestPublisher(async (_, index) => {
      if (index === 50) controller.abort();
    });
    const { signal } = controller;
    await publishSource(optionsFor(first, { cursorStore, signal, closeWindows: true }));
    const stoppedAt = (await cursorStore.load()) ?? -1;
    expect(stoppedAt).toBeGreaterThan(5);
    expect(stoppedAt).toBeLessThan(39);

    const second = new TestPublisher();
    const rest = frameItems(FRAMES).filter((item) => item.position > stoppedAt);
    await publishSource(optionsFor(second, { source: sourceOf(rest), cursorStore }));
    const ids = new Set([...first.messages, ...second.messages].map((message) => message.msgId));
    for (const id of expectedMessages(frameItems(FRAMES))) expect(ids).toContain(id);
  });

  it("does not wait for ever for what is in flight when it is stopped", async () => {
    const controller = new AbortController();
    const publisher = new TestPublisher((_, index) => {
      if (index === 8) controller.abort();
      return index < 4 ? Promise.resolve() : new Promise(() => {});
    });
    const cursorStore = new MemoryCursor();
    await publishSource(optionsFor(publisher, { cursorStore, signal: controller.signal }));
    expect(cursorStore.saved).toEqual([0]);
  });

  it("ends with the error of a message that was given up, and keeps the cursor before it", async () => {
    const publisher = new TestPublisher((_, index) =>
      index === 8 ? Promise.reject(new Error("given up")) : Promise.resolve(),
    );
    const cursorStore = new MemoryCursor();
    await expect(publishSource(optionsFor(publisher, { cursorStore }))).rejects.toThrow("given up");
    expect(cursorStore.saved.at(-1)).toBe(1);
  });

  it("keeps the cursor at what was stored when the source fails", async () => {
    const cursorStore = new MemoryCursor();
    const source = {
      ...sourceOf([]),
      async *batches() {
        yield frameItems(FRAMES.slice(0, 5));
        throw new Error("cut off");
      },
    };
    const run = publishSource(optionsFor(new TestPublisher(), { cursorStore, source }));
    await expect(run).rejects.toThrow("cut off");
    expect(cursorStore.saved.at(-1)).toBe(4);
  });

  it("reads on while the cursor store is away, tells it once, and saves when it is back", async () => {
    const cursorStore = new MemoryCursor();
    const [reasons, read] = [[] as unknown[], [] as number[]];
    let isAway = true;
    const flaky = {
      save: async (host: string, position: number) => {
        if (isAway) throw new Error("away");
        return await cursorStore.save(host, position);
      },
    };
    const publisher = new TestPublisher(async () => {
      read.push(read.length);
      if (read.length === 60) isAway = false;
    });
    const onCursorNotSaved = (error: unknown) => reasons.push(error);
    await publishSource(optionsFor(publisher, { cursorStore: flaky, speed: 1, onCursorNotSaved }));
    expect(reasons).toEqual([new Error("away")]);
    expect(cursorStore.saved.length).toBeGreaterThan(1);
    expect(cursorStore.saved.at(-1)).toBe(39);
  });

  it("does not wait for a save while it reads, and writes none out of order", async () => {
    const cursorStore = new MemoryCursor();
    const slow = Promise.withResolvers<void>();
    const held = {
      save: async (host: string, position: number) => {
        await slow.promise;
        return await cursorStore.save(host, position);
      },
    };
    const publisher = new TestPublisher();
    const run = publishSource(optionsFor(publisher, { cursorStore: held, speed: 1 }));
    await expect.poll(() => publisher.messages.length).toBe(160);
    slow.resolve();
    await run;
    expect(cursorStore.saved).toHaveLength(2);
    expect(cursorStore.saved.at(-1)).toBe(39);
  });

  it("ends with a clear error when the last position cannot be saved", async () => {
    let tries = 0;
    const broken: CursorStore = {
      save: async () => {
        tries += 1;
        throw new Error("away");
      },
    };
    const run = publishSource(optionsFor(new TestPublisher(), { cursorStore: broken }));
    await expect(run).rejects.toThrow("the cursor 39 could not be saved: away");
    await expect(run).rejects.toBeInstanceOf(CursorNotSaved);
    expect(tries).toBe(FINAL_SAVE_TRIES_MAX);
  });

  it("ends with the source's error, not with that of the save behind it", async () => {
    const broken: CursorStore = {
      save: () => Promise.reject(new Error("away")),
    };
    const source = {
      ...sourceOf([]),
      async *batches() {
        yield frameItems(FRAMES.slice(0, 5));
        throw new Error("cut off");
      },
    };
    const reasons: unknown[] = [];
    const onCursorNotSaved = (error: unknown) => reasons.push(error);
    const options = { cursorStore: broken, source, onCursorNotSaved };
    const run = publishSource(optionsFor(new TestPublisher(), options));
    await expect(run).rejects.toThrow("cut off");
    expect(reasons).toHaveLength(1);
  });
});
