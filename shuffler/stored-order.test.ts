// A run that begins again behind one that had refused a commit: what is stored is neither verified nor published again,
// and what is not does not go behind it.

import { describe, expect, it } from "vitest";
import type { CursorStore, Publisher, StoredIds } from "./ports.ts";
import { publishSource } from "./publish.ts";
import { RepeatGuard } from "./repeat-guard.ts";
import { Shuffler } from "./shuffle.ts";
import type { ShuffledMessage } from "./shuffled-message.ts";
import type { SourceItem } from "./sources/source.ts";
import { StoredRevs } from "./stored-revs.ts";
import { SleepingClock } from "./testing/clock.ts";
import { commitFrame, create, revOf } from "./testing/frames.ts";
import { frameItems, sourceOf } from "./testing/items.ts";
import { verifiedSource } from "./verify/verified-source.ts";

const NEVER = new AbortController().signal;
const HOST = { host: "one.example", numbering: 0, number: 1 };

function frame(rev: number, name = "a"): Uint8Array {
  return commitFrame([create(name)], { rev: revOf(rev), seq: rev });
}

/** The log: what is published, and what of it is known once it was followed. */
class Log implements StoredIds, Publisher {
  readonly messages: ShuffledMessage[] = [];
  readonly revs = new StoredRevs({ relay: null, nowMs: () => null });
  #known = new Set<string>();
  follows = 0;

  async publish(message: ShuffledMessage) {
    if (!this.messages.some(({ msgId }) => msgId === message.msgId)) this.messages.push(message);
    return { stored: Promise.resolve() };
  }

  async follow(): Promise<void> {
    this.follows += 1;
    this.#known = new Set(this.messages.map(({ msgId }) => msgId));
    for (const message of this.messages) this.revs.note(message);
  }

  async catchUp(): Promise<void> {
    await this.follow();
  }

  has(msgId: string): boolean {
    return this.#known.has(msgId);
  }

  stop(): void {
    this.#known.clear();
  }

  /** In the order in which they are stored. */
  get subjects(): string[] {
    const kinds = this.messages.map(({ subject }) => subject.split(".").slice(1).join("."));
    return kinds.filter((kind) => !kind.endsWith("watermark"));
  }
}

const cursorStore: CursorStore = {
  save: async (_, position, numbering) => ({ position, numbering, savedAtMs: 0 }),
};

/** A run over these items. @returns its shuffler and guard */
async function run(log: Log, items: readonly SourceItem[], isResumed = true) {
  const clock = new SleepingClock(Date.parse("2026-07-04T00:00:02Z"));
  const guard = new RepeatGuard({ ids: log, clock, windowMs: 120_000, live: true, revs: log.revs });
  if (isResumed) await guard.resume(clock.now(), NEVER);
  const shuffler = new Shuffler({ partitions: 1, maxPayloadBytes: 100_000, relay: "relay" });
  await publishSource({
    source: { ...sourceOf(items), live: true },
    shuffler,
    publisher: log,
    cursorStore,
    guard,
    clock,
    speed: "max",
    closeWindows: false,
    signal: NEVER,
    onProgress: () => {},
    onCursorNotSaved: () => {},
  });
  return { shuffler, guard };
}

describe("a run that begins again", () => {
  it("refuses what is not stored and stands behind a later revision that is", async () => {
    const log = new Log();
    await run(log, frameItems([frame(1), frame(3)]));
    const { shuffler, guard } = await run(
      log,
      frameItems([frame(1), frame(2), frame(3), frame(4)]),
    );
    const created = "firehose.00.commit.create.app.bsky.feed.post";
    expect(log.subjects).toEqual([created, created, "rejected.rev_order", created]);
    expect(shuffler.counters.rejected.get("rev_order")).toBe(1);
    expect(shuffler.counters.events.commit).toBe(3);
    expect(guard.repeatedEvents).toBe(2);
  });

  it("publishes the rest of a revision that is stored in part", async () => {
    const log = new Log();
    await run(log, frameItems([frame(2, "a")]));
    const both = commitFrame([create("a"), create("b")], { rev: revOf(2) });
    await run(log, frameItems([both]));
    expect(log.subjects).toHaveLength(2);
    expect(log.subjects.some((subject) => subject.startsWith("rejected"))).toBe(false);
  });

  it("does the same within a run when it turns to another host, or one that counts anew", async () => {
    for (const other of [{ host: "two.example" }, { numbering: 1 }]) {
      const log = new Log();
      const on = (session: object) => (item: SourceItem) => ({
        ...item,
        session: { ...HOST, ...session },
      });
      const first = frameItems([frame(1), frame(3)]).map(on({}));
      const second = frameItems([frame(2), frame(3), frame(4)]).map(on({ ...other, number: 2 }));
      await run(log, [...first, ...second], false);
      expect(log.follows).toBe(1);
      expect(log.subjects.filter((subject) => subject === "rejected.rev_order")).toHaveLength(1);
      expect(log.subjects).toHaveLength(4);
    }
  });

  it("reads nothing back for a new connection to the same host", async () => {
    const log = new Log();
    const items = frameItems([frame(1), frame(2)]);
    const sessions = items.map((item, i) => ({ ...item, session: { ...HOST, number: i } }));
    await run(log, sessions, false);
    expect(log.follows).toBe(0);
  });
});

describe("what is stored", () => {
  it("is not verified again, but what is not is", async () => {
    const log = new Log();
    await run(log, frameItems([frame(1), frame(2)]));
    const { guard } = await run(log, []);
    const asked: number[] = [];
    const frames = [frame(1), frame(2), frame(3), frame(2, "forged")];
    const verifier = {
      check: async (raw: Uint8Array) => {
        asked.push(frames.findIndex((one) => Buffer.compare(one, raw) === 0));
        return null;
      },
    };
    const source = verifiedSource(sourceOf(frameItems(frames)), verifier, (raw) =>
      guard.isStored(raw),
    );
    let given = 0;
    for await (const batch of source.batches()) given += batch.length;
    expect([given, asked]).toEqual([4, [2, 3]]);
  });
});
