// Cases from the field that broke marks and states: a number that nobody understands, and states that return within a
// millisecond. What is right stands in the README beside them.

import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { startSimulatedRelay } from "../../bench/simulated-relay/relay-server.ts";
import { hostKey } from "../../cli/source.ts";
import { type Result, TestFolder } from "../../cli/testing/command.ts";
import { connectNats } from "../../runtime/adapters/nats/connect.ts";
import { NatsCursorStore } from "../../runtime/adapters/nats/cursor-store.ts";
import { startTestNats } from "../../runtime/testing/nats.ts";
import { openRecording } from "../../shuffler/sources/recording.ts";
import { readAll } from "../../shuffler/testing/items.ts";
import { checkStored } from "../outage/stored.ts";
import { repositoryFile } from "../support/recordings.ts";

const CASES = repositoryFile("../shared/cases/");
const present = existsSync(CASES);
const JUMP = `${CASES.pathname}seq-jump/jump.frames.zst`;
const COUNT = `${CASES.pathname}seq-jump/count.fpl`;
const FLAP = `${CASES.pathname}account-flap/flap.frames`;
const FLAP_PROGRAM = `${CASES.pathname}account-flap/flap.fpl`;
const OPERATIONS = 160;
const LAST_SEQ = 200;
const STATES = [false, true, false, "a.example.com", "b.example.com", "a.example.com"];

type Printed = { readonly record: Readonly<Record<string, unknown>> };

function recordsOf({ code, stdout, stderr }: Result): Printed["record"][] {
  expect(code, stderr).toBe(0);
  const lines = stdout.trim().split("\n");
  return lines.map((line) => (JSON.parse(line) as Printed).record); // as the commands print them
}

function statesOf(result: Result): unknown[] {
  return recordsOf(result).map(({ active, handle }) => active ?? handle);
}

describe.skipIf(!present)("seq-jump", () => {
  it("loses the one frame that nobody understands, by run", async () => {
    await using folder = await TestFolder.create();
    const result = await folder.run(["run", COUNT, "--from", JUMP]);
    expect(recordsOf(result)).toHaveLength(OPERATIONS);
    expect(result.stderr).toMatch(/rejected +1 unknown_type\n/);
  });

  it("loses it alone from a relay too, and the cursor ends where the relay is", async () => {
    const frames = (await readAll(openRecording(JUMP, null))).items.map(({ raw }) => raw);
    await using folder = await TestFolder.create();
    await using nats = await startTestNats();
    await using relay = await startSimulatedRelay({ frames });
    const args = ["shuffler", "--relay", relay.url, "--buffer", "none", "--json"];
    const running = folder.start(args, { NATS_URL: nats.url });
    const stored = async () => {
      const report = await checkStored(nats.url, new Set()).catch(() => null); // before it is made
      return report?.unexpected;
    };
    await expect.poll(stored, { interval: 200 }).toBe(OPERATIONS);
    running.child.kill("SIGTERM");
    const { stdout } = await running.ended;
    expect(JSON.parse(stdout)).toMatchObject({
      rejected: { unknown_type: 1 },
      position: LAST_SEQ,
      sequence_gaps: 0,
    });
    const nc = await connectNats({ url: nats.url, name: "test" });
    const cursors = await NatsCursorStore.open(nc);
    const place = await cursors.load(hostKey(new URL(relay.url).host));
    expect(place).toMatchObject({ position: LAST_SEQ, numbering: 0 });
    await nc.close();
  });
});

describe.skipIf(!present)("account-flap", () => {
  it("gives all six states by run, in their order", async () => {
    await using folder = await TestFolder.create();
    const result = await folder.run(["run", FLAP_PROGRAM, "--from", FLAP]);
    expect(statesOf(result)).toEqual(STATES);
  });

  it("gives them by dev, and drops them when they are sent again", async () => {
    await using folder = await TestFolder.create();
    await using nats = await startTestNats();
    const env = { NATS_URL: nats.url };
    const dev = ["dev", FLAP_PROGRAM, "--from", FLAP, "--once"];
    const { code, stdout, stderr } = await folder.run(dev, env);
    expect(code, stderr).toBe(0);
    expect(stdout.match(/[ab]\.example\.com|true|false/g)).toEqual(STATES.map(String));
    const stored = async () => (await checkStored(nats.url, new Set())).unexpected;
    const before = await stored();
    const again = await folder.run(["shuffler", "--from", FLAP], env);
    expect(again.code, again.stderr).toBe(0);
    expect(await stored()).toBe(before);
  });
});
