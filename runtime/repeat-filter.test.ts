import { hash } from "node:crypto";
import { expect, it } from "vitest";
import { rejectedSubject, watermarkSubject } from "../plan/names.ts";
import { RepeatFilter } from "./repeat-filter.ts";

const IDS_MIN = 10;
const SUBJECT = "atproto.firehose.00.commit.create.app.bsky.feed.post";

const message = (id: number | string, subject = SUBJECT) => ({
  subject,
  msgId: hash("sha256", String(id), "base64url"),
  payload: Uint8Array.of(1),
});

/** Whether an event is recognised that comes again behind `others` events, when `before` came first. */
function isRecognised(before: number, others: number): boolean {
  const filter = new RepeatFilter(IDS_MIN);
  for (let i = 0; i < before; i += 1) filter.admits(message(`before ${i}`));
  filter.admits(message("it"));
  for (let i = 0; i < others; i += 1) filter.admits(message(`other ${i}`));
  const isNew = filter.admits(message("it"));
  expect(filter.repeated).toBe(isNew ? 0 : 1);
  return !isNew;
}

it("passes every event on once, and counts the others", () => {
  const filter = new RepeatFilter();
  const passed = [1, 2, 3, 2, 3, 4, 1].filter((id) => filter.admits(message(id)));
  expect(passed).toEqual([1, 2, 3, 4]);
  expect(filter.repeated).toBe(3);
});

it("recognises an event that is among the latest ids, and one past that not always", () => {
  const phases = Array.from({ length: 3 * IDS_MIN }, (_, before) => before);
  expect(phases.filter((before) => !isRecognised(before, IDS_MIN - 1))).toEqual([]);
  expect(phases.filter((before) => !isRecognised(before, IDS_MIN))).not.toEqual([]);
  expect(phases.filter((before) => isRecognised(before, 2 * IDS_MIN))).toEqual([]);
});

it("remembers an event anew that comes again", () => {
  const filter = new RepeatFilter(IDS_MIN);
  for (let round = 0; round < 20; round += 1) {
    expect(filter.admits(message("it"))).toBe(round === 0);
    for (let i = 0; i < IDS_MIN - 1; i += 1) filter.admits(message(`${round} ${i}`));
  }
  expect(filter.repeated).toBe(19);
});

it("lets watermarks and refusals through, however often", () => {
  const filter = new RepeatFilter();
  const mark = { subject: watermarkSubject(0), msgId: "wm-0-1", payload: new Uint8Array() };
  const refusal = message("refused", rejectedSubject("bad_car"));
  const all = [mark, mark, refusal, refusal];
  expect(all.filter((one) => filter.admits(one))).toEqual(all);
  expect(filter.repeated).toBe(0);
});
