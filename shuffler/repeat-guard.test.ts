import { describe, expect, it } from "vitest";
import { accountSubject, watermarkSubject } from "../plan/names.ts";
import type { StoredIds } from "./ports.ts";
import { CLOCKS_APART_MS_MAX, RepeatGuard } from "./repeat-guard.ts";
import type { ShuffledMessage } from "./shuffled-message.ts";
import { SleepingClock } from "./testing/clock.ts";

const NOW_MS = 1_000_000_000;
const WINDOW_MS = 120_000;
const NEVER = new AbortController().signal;

class Ids implements StoredIds {
  readonly log: string[] = [];
  known: readonly string[] = [];

  async follow(sinceMs: number): Promise<void> {
    this.log.push(`follow ${NOW_MS - sinceMs}`);
    this.known = ["old"];
  }

  async catchUp(): Promise<void> {
    this.log.push("catch up");
    this.known = ["old"];
  }

  has(msgId: string): boolean {
    return this.known.includes(msgId);
  }

  stop(): void {
    this.log.push("stop");
    this.known = [];
  }
}

function message(msgId: string): ShuffledMessage {
  return { subject: "s", msgId, headers: new Map(), payload: new Uint8Array(), relaySeq: 1 };
}

function guardOf(ids: Ids, live = true, clock = new SleepingClock(NOW_MS)): RepeatGuard {
  return new RepeatGuard({ ids, clock, windowMs: WINDOW_MS, live });
}

async function admitted(guard: RepeatGuard, lagMs: number): Promise<string[]> {
  const all = [message("old"), message("new")];
  return (await guard.admit(NOW_MS - lagMs, all, NEVER)).map(({ msgId }) => msgId);
}

describe("RepeatGuard", () => {
  it("leaves what is up to date to the log's own window", async () => {
    const ids = new Ids();
    expect(await admitted(guardOf(ids), WINDOW_MS / 2)).toEqual(["old", "new"]);
    expect(ids.log).toEqual([]);
  });

  it("keeps out what is stored while it is behind by half the window, and stops when it has caught up", async () => {
    const ids = new Ids();
    const guard = guardOf(ids);
    const lagMs = WINDOW_MS / 2 + 1;
    expect(await admitted(guard, lagMs)).toEqual(["new"]);
    expect(await admitted(guard, WINDOW_MS / 4)).toEqual(["new"]);
    expect(guard.isOn).toBe(true);
    expect(await admitted(guard, WINDOW_MS / 4 - 1)).toEqual(["old", "new"]);
    expect(guard.isOn).toBe(false);
    expect(ids.log).toEqual([`follow ${lagMs + CLOCKS_APART_MS_MAX}`, "stop"]);
    expect(guard.repeats).toBe(2);
  });

  it("counts the events apart from the watermarks that it keeps out", async () => {
    const ids = new Ids();
    const guard = guardOf(ids);
    await guard.resume(NOW_MS, NEVER);
    ids.known = ["event", "mark"];
    const event = { ...message("event"), subject: accountSubject(0, "identity") };
    const mark = { ...message("mark"), subject: watermarkSubject(0) };
    const all = [{ ...event, payload: Uint8Array.of(1) }, mark];
    expect(await guard.admit(NOW_MS, all, NEVER)).toEqual([]);
    expect([guard.repeats, guard.repeatedEvents]).toEqual([2, 1]);
  });

  it("looks further back when the items do", async () => {
    const ids = new Ids();
    const guard = guardOf(ids);
    await admitted(guard, 100_000);
    await admitted(guard, 100_000 + CLOCKS_APART_MS_MAX);
    await admitted(guard, 900_000);
    expect(ids.log).toEqual(["follow 160000", "follow 960000"]);
  });

  it("compares a file with all that is stored, from its first message on and whatever its times", async () => {
    for (const lagMs of [0, 1e9, -1e9]) {
      const ids = new Ids();
      expect(await admitted(guardOf(ids, false), lagMs)).toEqual(["new"]);
      expect(ids.log).toEqual(["catch up"]);
    }
    const ids = new Ids();
    expect(await guardOf(ids, false).admit(null, [message("old")], NEVER)).toEqual([]);
  });

  it("reads nothing for a file that has nothing to publish", async () => {
    const ids = new Ids();
    expect(await guardOf(ids, false).admit(NOW_MS, [], NEVER)).toEqual([]);
    expect(ids.log).toEqual([]);
  });

  it("looks again at what others store while a file is published, well within the log's own window", async () => {
    const ids = new Ids();
    const clock = new SleepingClock(NOW_MS);
    const guard = guardOf(ids, false, clock);
    await admitted(guard, 0);
    await clock.sleep(WINDOW_MS / 4);
    await admitted(guard, 0);
    expect(ids.log).toEqual(["catch up"]);
    await clock.sleep(1);
    await admitted(guard, 0);
    expect(ids.log).toEqual(["catch up", "catch up"]);
  });

  it("knows what a relay repeats behind its cursor, however wrong its clock", async () => {
    const ids = new Ids();
    const clock = new SleepingClock(NOW_MS);
    const guard = guardOf(ids, true, clock);
    await guard.resume(NOW_MS - 600_000, NEVER);
    await clock.sleep(2 * WINDOW_MS); // It takes a while to find the place at the relay.
    expect(await admitted(guard, -3_600_000)).toEqual(["new"]);
    await clock.sleep(WINDOW_MS - 1);
    expect(await admitted(guard, -3_600_000)).toEqual(["new"]);
    await clock.sleep(1);
    expect(await admitted(guard, -3_600_000)).toEqual(["old", "new"]);
    expect(ids.log).toEqual([`follow ${600_000 + CLOCKS_APART_MS_MAX + WINDOW_MS}`, "stop"]);
  });

  it("does not judge by an item without a time", async () => {
    const ids = new Ids();
    expect(await guardOf(ids).admit(null, [message("old")], NEVER)).toHaveLength(1);
    expect(ids.log).toEqual([]);
  });
});
