// Nothing that the shuffler publishes and nothing that pipelines answer depends on memory that was never written: it
// is the same whatever byte such memory holds.

import { globSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.ts";
import type { Plan } from "../../plan/plan.ts";
import { PlanDriver } from "../../runtime/plan-driver.ts";
import { CborWriter } from "../../shuffler/cbor/writer.ts";
import type { ShuffledMessage } from "../../shuffler/shuffled-message.ts";
import { parseJetstreamLine } from "../../shuffler/sources/jetstream-event.ts";
import type { SourceItem } from "../../shuffler/sources/source.ts";
import { TEXTS } from "../support/cbor-cases.ts";
import { cleanBytes } from "../support/poisoned-buffers.ts";
import { RECORDINGS, repositoryFile } from "../support/recordings.ts";
import { FIREHOSE_PARTITIONS, frameItems, shuffled } from "../support/run-plan.ts";

const POSTS = `
pipeline posts {
  from firehose('app.bsky.feed.post')
  |> map { record: record, tag: record.tags[0], time: time }
  |> to topic('posts')
}
`;
const CID = "bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a";
const WELL_FORMED = TEXTS.filter((text) => text.isWellFormed());
const EVENTS = 3000;

function plansOf(text: string): readonly Plan[] {
  const { plans, diagnostics } = compile({ file: "test.fpl", text });
  expect(diagnostics).toEqual([]);
  return plans;
}

const SHIPPED = globSync("pipelines/*.fpl", { cwd: repositoryFile("").pathname })
  .sort()
  .flatMap((name) => plansOf(readFileSync(repositoryFile(name), "utf8")));

/** The messages of a run, and the answers to them. */
function outcome(items: readonly SourceItem[], plans: readonly Plan[]): readonly Uint8Array[] {
  const answers: Uint8Array[] = [];
  const driver = new PlanDriver(plans, FIREHOSE_PARTITIONS, (topic, records) => {
    answers.push(Buffer.from(topic), records);
  });
  const messages = [...shuffled(items)];
  for (const message of messages) driver.push(message);
  driver.flush();
  expect(answers.length).toBeGreaterThan(10);
  return [...messages.flatMap(bytesOf), ...answers];
}

function bytesOf({ subject, msgId, headers, payload }: ShuffledMessage): Uint8Array[] {
  return [Buffer.from(JSON.stringify([subject, msgId, ...headers])), payload];
}

/** A JSON line whose texts are another length each time, most of them not ASCII. */
function lineOf(number: number): Buffer {
  const text = (i: number): string => WELL_FORMED[(number + i) % WELL_FORMED.length] ?? "";
  const tags = [text(7), text(31), text(101)];
  const record = {
    $type: "app.bsky.feed.post",
    text: text(0),
    tags,
    [`天${number % 40}`]: text(3),
  };
  const path = { collection: "app.bsky.feed.post", rkey: `p${number}`, rev: "3kabcdefghij2" };
  const commit = { ...path, operation: "create", cid: CID, record };
  const time_us = 1_783_166_400_000_000 + number * 1000;
  const did = "did:plc:abcdefghijklmnopqrstuvwx";
  return Buffer.from(JSON.stringify({ did, time_us, kind: "commit", commit }));
}

describe("memory that was never written does not show", () => {
  describe.each(RECORDINGS)("over $name", ({ present, frames }) => {
    it.skipIf(!present)("in the events and in the answers of the shipped pipelines", async () => {
      const items = frameItems(await frames());
      expect(cleanBytes(() => outcome(items, SHIPPED)).length).toBeGreaterThan(1000);
    });
  });

  it("in the events and the answers of JSON lines", () => {
    const lines = Array.from({ length: EVENTS }, (_, number) => lineOf(number));
    const plans = plansOf(POSTS);
    const bytes = cleanBytes(() => {
      const writer = new CborWriter();
      const items = lines.map((raw, position): SourceItem => {
        const { message } = parseJetstreamLine(raw, writer, `line ${position}`);
        expect(message.kind).toBe("commit");
        return { kind: "message", position, raw, message };
      });
      return outcome(items, plans);
    });
    expect(bytes.length).toBeGreaterThan(2 * EVENTS);
  });
});
