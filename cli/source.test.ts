// What the log says of relays in trouble: a simulated relay makes each trouble, and its line is read.

import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startSimulatedRelay } from "../bench/simulated-relay/relay-server.ts";
import { newRelayStats, type RelayStats } from "../shuffler/sources/relay-stats.ts";
import { commitFrame, create, DID, REV } from "../shuffler/testing/frames.ts";
import { bufferText, leftOverText } from "./buffer.ts";
import { gapText, openNoisySource } from "./source.ts";
import { Terminal } from "./terminal/terminal.ts";

let lines: string[];
let stats: RelayStats;
let controller: AbortController;
beforeEach(() => {
  lines = [];
  stats = newRelayStats();
  controller = new AbortController();
});
afterEach(() => controller.abort());

/** Reads `urls` behind `position` until the log matches `line`, and gives that line. */
async function logOf(
  urls: readonly [string, ...string[]],
  position: number | null,
  line: RegExp,
  onItem: () => void = () => {},
): Promise<string> {
  const stderr = new PassThrough({ encoding: "utf8" });
  stderr.on("data", (text: string) => {
    lines.push(...text.trimEnd().split("\n"));
    if (lines.some((one) => line.test(one))) controller.abort();
  });
  const terminal = new Terminal({ stdout: new PassThrough(), stderr, env: {}, nowMs: () => 0 });
  const place = position === null ? null : { position, numbering: 0, savedAtMs: Date.now() };
  const places = { load: async () => place, storedTimeMs: async () => null };
  const source = openNoisySource(urls, { terminal, signal: controller.signal, places, stats });
  for await (const _ of source.batches()) onItem();
  return lines.find((one) => line.test(one)) ?? expect.fail(lines.join("\n"));
}

function framesFrom(firstSeq: number, count = 10): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => commitFrame([create("a")], { seq: firstSeq + i }));
}

describe("the log says", () => {
  it("that a relay has closed the connection, why, and when it is tried again", async () => {
    await using relay = await startSimulatedRelay({ frames: framesFrom(1) });
    const line = await logOf([relay.url], null, /connection lost/, () => relay.disconnectAll());
    expect(line).toMatch(
      /^connection lost \(closed by the relay, code 1006\), again in [\d.]+ m?s$/,
    );
    expect(stats.disconnections).toBe(1);
  });

  it("that a relay was started anew with lower seqs: our cursor is in the future", async () => {
    await using relay = await startSimulatedRelay({ frames: framesFrom(1), framesPast: 10 });
    const { host } = new URL(relay.url);
    const line = await logOf([relay.url], 9000, /FutureCursor/);
    expect(line).toBe(
      `${host} has not got as far as our cursor 7000 (FutureCursor): it counts anew; going on by time, nothing is skipped`,
    );
    expect(stats.futureCursors).toBe(1);
  });

  it("that our cursor is too old, and what is missing", async () => {
    await using relay = await startSimulatedRelay({ frames: framesFrom(9000), framesPast: 10 });
    const { host } = new URL(relay.url);
    const line = await logOf([relay.url], 3000, /behind our cursor/);
    expect(line).toBe(
      `${host} no longer has what came behind our cursor 3000 (OutdatedCursor): events are missing; going on with 9000, the oldest it has`,
    );
    expect(stats.outdatedCursors).toBe(1);
  });

  it("what is wrong with the buffer, where, and what is done about it", () => {
    expect(bufferText({ kind: "paused", reason: "/b/000000000000.seg: ENOSPC: no space" })).toBe(
      "reading pauses: /b/000000000000.seg: ENOSPC: no space; the relay keeps what comes meanwhile (up to 72 h)",
    );
    expect(bufferText({ kind: "resumed" })).toBe("reading goes on");
    expect(bufferText({ kind: "spilling", bytes: 16_000_000 })).toContain("16 MB wait in memory");
    expect(bufferText({ kind: "drained", items: 51_998 })).toContain("51,998 items went through");
    expect(leftOverText({ recovered: 12, isTorn: true })).toContain("12 items of an earlier run");
    expect(leftOverText({ recovered: 0, isTorn: true })).toContain("is read from the relay again");
  });

  it("which commit does not follow on what came before, and by which of its fields", () => {
    expect(gapText({ by: "since", did: DID, rev: REV })).toContain(
      `a gap (since): commit ${REV} of ${DID}: the revision before it did not come`,
    );
    expect(gapText({ by: "prevData", did: DID, rev: REV })).toContain("on another tree");
  });
});
