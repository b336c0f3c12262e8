// The relay's own test scenarios, played by a relay to a shuffler on a real server: what a relay must pass
// on is in the stream, in order, and what it must drop is not, but stands under its reason.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { startSimulatedRelay } from "../../bench/simulated-relay/relay-server.ts";
import { runProgram } from "../../cli/program.ts";
import { Terminal } from "../../cli/terminal/terminal.ts";
import {
  FIREHOSE_STREAM,
  FIREHOSE_SUBJECTS,
  HEADER,
  REJECTED_STREAM,
  REJECTED_SUBJECTS,
} from "../../plan/names.ts";
import { connectNats, type NatsConnection } from "../../runtime/adapters/nats/connect.ts";
import { NatsLog } from "../../runtime/adapters/nats/nats-log.ts";
import { startTestNats } from "../../runtime/testing/nats.ts";
import type { CborValue } from "../../shuffler/cbor/encode.ts";
import { frameOf } from "../../shuffler/testing/frames.ts";
import { fromLexJson } from "../support/lex-json.ts";

const FOLDER = new URL("../../../shared/data/firehose/relay-scenarios/", import.meta.url).pathname;
const present = existsSync(FOLDER);
const PREFIX = "cmd_relay_testing_testdata_";
const SUBJECTS: Readonly<Record<string, string>> = {
  [FIREHOSE_STREAM]: FIREHOSE_SUBJECTS,
  [REJECTED_STREAM]: REJECTED_SUBJECTS,
};

type Scenario = {
  readonly frames: readonly Uint8Array[];
  /** Seqs of the events to pass on, in order. */
  readonly passed: readonly number[];
  /** How many messages to drop. */
  readonly dropped: number;
};

/** Why the ones to drop are dropped. */
const REASONS: Readonly<Record<string, readonly string[]>> = {
  deactivation: ["account_inactive"],
  rev_ordering: ["bad_rev", "rev_order"],
  seq_ordering: ["seq_order", "seq_order"],
};

describe.skipIf(!present)("the relay's scenario", () => {
  const names = present ? readdirSync(FOLDER).filter((name) => name.startsWith(PREFIX)) : [];

  it("is one of seven", () => {
    expect(names).toHaveLength(7);
  });

  it.each(names)("%s ends as it says", async (name) => {
    const { frames, passed, dropped } = readScenario(name);
    // A server each: some of the scenarios play the same commits.
    await using nats = await startTestNats();
    const connection = await connectNats({ url: nats.url, name: "test" });
    await using relay = await startSimulatedRelay({ frames });
    const stop = new AbortController();
    const shuffled = shuffle(relay.url, nats.url, stop.signal);
    const found = async () => [
      await headersOf(connection, FIREHOSE_STREAM, HEADER.relaySeq),
      await headersOf(connection, REJECTED_STREAM, HEADER.reason),
    ];
    const reasons = REASONS[name.slice(PREFIX.length, -".json".length)] ?? [];
    expect(reasons).toHaveLength(dropped);
    await expect.poll(found, { interval: 100 }).toEqual([passed.map(String), reasons]);
    stop.abort();
    await shuffled;
    await connection.close();
  });
});

/** `fpaas shuffler` in this process: to start one for each scenario takes most of the time. */
async function shuffle(relay: string, nats: string, signal: AbortSignal): Promise<void> {
  const [stdout, stderr] = [new PassThrough().resume(), new PassThrough().resume()];
  const terminal = new Terminal({ stdout, stderr, env: {}, nowMs: () => performance.now() });
  const args = ["shuffler", "--relay", relay, "--buffer", "none", "--nats", nats];
  await runProgram(args, { terminal, env: {}, folder: tmpdir(), signal });
}

function readScenario(name: string): Scenario {
  const json = JSON.parse(readFileSync(`${FOLDER}/${name}`, "utf8")) as {
    messages: { frame: { header: { t: string }; body: unknown }; drop: boolean }[];
  };
  const bodies = json.messages.map(({ frame }) => fromLexJson(frame.body) as Body); // as the files have it
  const frames = json.messages.map(({ frame }, i) => frameOf(frame.header.t, bodies[i] ?? {}));
  const passed = bodies.flatMap(({ seq, ops }, i) =>
    json.messages[i]?.drop === true ? [] : Array.from({ length: ops?.length ?? 1 }, () => seq),
  );
  return { frames, passed, dropped: json.messages.filter(({ drop }) => drop).length };
}

type Body = { readonly seq: number; readonly ops?: readonly CborValue[] } & {
  readonly [key: string]: CborValue;
};

/** A header of everything in a stream that came by a relay, in order; watermarks did not. */
async function headersOf(
  connection: NatsConnection,
  stream: string,
  header: string,
): Promise<string[]> {
  const values: string[] = [];
  try {
    for await (const { headers } of new NatsLog(connection).readAll(stream, [
      SUBJECTS[stream] ?? "",
    ])) {
      if (headers.has(HEADER.relayHost)) values.push(headers.get(header) ?? "");
    }
  } catch {
    return []; // The shuffler has yet to make the streams.
  }
  return values;
}
