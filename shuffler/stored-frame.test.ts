import { expect, it } from "vitest";
import { Shuffler } from "./shuffle.ts";
import { isStoredFrame } from "./stored-frame.ts";
import { accountFrame, commitFrame, create, identityFrame, syncFrame } from "./testing/frames.ts";

function idsOf(raw: Uint8Array): string[] {
  const shuffler = new Shuffler({ partitions: 2, maxPayloadBytes: 1_000_000, relay: "relay" });
  const messages = shuffler.push({ kind: "frame", position: 0, raw });
  return messages.filter(({ payload }) => payload.length > 0).map(({ msgId }) => msgId);
}

const known = (ids: readonly string[]) => (id: string) => ids.includes(id);

it("knows a commit and a sync again by the ids that the shuffler gives their events", () => {
  const commit = commitFrame([
    create("a"),
    create("b"),
    { action: "delete", path: "app.bsky.feed.post/c" },
  ]);
  expect(isStoredFrame(commit, known(idsOf(commit)))).toBe(true);
  expect(isStoredFrame(syncFrame(), known(idsOf(syncFrame())))).toBe(true);
});

it("does not take a commit for stored of which one operation is missing, whichever it is", () => {
  const commit = commitFrame([create("a"), create("b"), create("c")]);
  const ids = idsOf(commit);
  for (const missing of ids) {
    const others = ids.filter((id) => id !== missing);
    expect(isStoredFrame(commit, known(others))).toBe(false);
  }
  const more = commitFrame([create("a"), create("b"), create("c"), create("forged")]);
  expect(isStoredFrame(more, known(ids))).toBe(false);
});

it.each([
  ["a commit without operations", commitFrame([])],
  ["a commit of which an operation is malformed", commitFrame([create("a"), create("no key")])],
  ["an identity", identityFrame()],
  ["an account", accountFrame()],
  ["what is no frame", Buffer.from("no frame")],
])("does not take %s for stored", (_, frame) => {
  expect(isStoredFrame(frame, () => true)).toBe(false);
});
