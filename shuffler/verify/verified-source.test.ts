import { expect, it } from "vitest";
import { rejected } from "../decode/rejection.ts";
import type { Source, SourceItem } from "../sources/source.ts";
import { CHUNK_FRAMES, verifiedSource } from "./verified-source.ts";

const frame = (position: number): SourceItem => ({
  kind: "frame",
  position,
  raw: Buffer.from(String(position)),
});

function sourceOf(...batches: SourceItem[][]): Source {
  return {
    name: "test",
    live: false,
    batches: async function* () {
      yield* batches;
    },
  };
}

async function positionsAndReasons(source: Source): Promise<string[]> {
  const seen: string[] = [];
  for await (const batch of source.batches()) {
    for (const item of batch) {
      const wrong = item.kind === "message" && item.message.kind === "rejected";
      seen.push(`${item.position}${wrong ? ` ${Buffer.from(item.raw).toString()}` : ""}`);
    }
  }
  return seen;
}

it("keeps the order, whichever check is through first, and puts the refusal in the frame's place", async () => {
  const open: (() => void)[] = [];
  const verifier = {
    check: async (raw: Uint8Array) => {
      const place = Number(Buffer.from(raw).toString());
      await new Promise<void>((resolve) => open.push(resolve));
      return place % 3 === 0 ? rejected("bad_signature", "") : null;
    },
  };
  const seen = positionsAndReasons(
    verifiedSource(sourceOf([frame(1), frame(2), frame(3)], [frame(4), frame(6)]), verifier),
  );
  await expect.poll(() => open.length).toBe(3);
  for (const resolve of open.toReversed()) resolve();
  await expect.poll(() => open.length).toBe(5);
  for (const resolve of open.toReversed()) resolve();
  expect(await seen).toEqual(["1", "2", "3 3", "4", "6 6"]);
});

it("checks a chunk of frames at a time, and the next one while the reader works", async () => {
  const items = Array.from({ length: 2 * CHUNK_FRAMES + 1 }, (_, i) => frame(i));
  let checks = 0;
  const check = async () => {
    checks += 1;
    return null;
  };
  const batches = verifiedSource(sourceOf(items), { check }).batches()[Symbol.asyncIterator]();
  expect((await batches.next()).value).toHaveLength(CHUNK_FRAMES);
  await expect.poll(() => checks).toBe(2 * CHUNK_FRAMES);
  expect((await batches.next()).value).toHaveLength(CHUNK_FRAMES);
  expect((await batches.next()).value).toHaveLength(1);
  expect((await batches.next()).done).toBe(true);
});

it("tells the source behind it what is stored, and keeps an item's session", async () => {
  const released: number[] = [];
  const session = { host: "relay.test", numbering: 0, number: 3 };
  const inner = {
    ...sourceOf([{ ...frame(1), session }]),
    release: (n: number) => void released.push(n),
  };
  const source = verifiedSource(inner, { check: async () => rejected("bad_signature", "") });
  for await (const [item] of source.batches()) {
    expect(item).toMatchObject({ kind: "message", position: 1, session });
  }
  source.release?.(7);
  expect(released).toEqual([7]);
});

it("passes on what a verifier or the source throws", async () => {
  const check = () => Promise.reject(new Error("a bug"));
  const seen = positionsAndReasons(verifiedSource(sourceOf([frame(1)]), { check }));
  await expect(seen).rejects.toThrow("a bug");
  const broken: Source = {
    ...sourceOf(),
    batches: async function* () {
      yield [frame(1)];
      throw new Error("cut off");
    },
  };
  const verifier = { check: async () => null };
  await expect(positionsAndReasons(verifiedSource(broken, verifier))).rejects.toThrow("cut off");
});

it("lets what has no frame pass", async () => {
  const message = { kind: "info", name: "a", message: "b" } as const;
  const item: SourceItem = { kind: "message", position: 5, raw: Buffer.alloc(0), message };
  const check = () => Promise.reject(new Error("not asked"));
  expect(await positionsAndReasons(verifiedSource(sourceOf([item]), { check }))).toEqual(["5"]);
});

it("is not quiet while a frame is being checked", async () => {
  const checked = Promise.withResolvers<null>();
  const inner = { ...sourceOf([frame(1)]), quietMs: () => 5 };
  const source = verifiedSource(inner, { check: () => checked.promise });
  const batches = source.batches()[Symbol.asyncIterator]();
  const first = batches.next();
  await Promise.resolve();
  await new Promise((resolve) => setImmediate(resolve));
  expect(source.quietMs?.()).toBeNull();
  checked.resolve(null);
  await first;
  expect((await batches.next()).done).toBe(true);
  expect(source.quietMs?.()).toBe(5);
});
