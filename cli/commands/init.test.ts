import { afterAll, beforeAll, expect, it } from "vitest";
import { firehoseBytesFor } from "../../runtime/adapters/nats/stream-bounds.ts";
import { startTestNats, type TestNats } from "../../runtime/testing/nats.ts";
import { TestFolder } from "../testing/command.ts";

let folder: TestFolder;
let nats: TestNats;

beforeAll(async () => {
  [folder, nats] = await Promise.all([TestFolder.create(), startTestNats()]);
});

afterAll(async () => {
  await folder[Symbol.asyncDispose]();
  await nats[Symbol.asyncDispose]();
});

const init = (...args: string[]) => folder.run(["init", ...args], { NATS_URL: nats.url });

it("makes everything, and finds it as wanted the second time", async () => {
  const options = ["--buckets", "1", "--max-bytes", "1GB"];
  const first = await init(...options);
  expect(first.stderr).toContain(
    "R1, file, uncompressed; 8 partitions, 1 buckets; firehose kept 24h 00m",
  );
  expect(first.stdout).toMatch(
    /^FIREHOSE +made\nREJECTED +made\nFPL_0 +made\nKV_fpaas_plans +made/,
  );
  expect(first.code).toBe(0);
  const second = await init(...options, "--json");
  expect(second.code).toBe(0);
  const { streams, ...settings } = JSON.parse(second.stdout);
  expect(settings).toEqual({
    replicas: 1,
    partitions: 8,
    buckets: 1,
    maxAgeMs: 86_400_000,
    maxBytes: 1e9,
    bucketMaxBytes: expect.any(Number),
    duplicateWindowMs: 600_000,
  });
  const states = new Set(streams.map(({ state }: { state: string }) => state));
  expect(states).toEqual(new Set(["as wanted"]));
});

it("leaves what exists alone until --update is given, exit 6", async () => {
  const options = ["--buckets", "1", "--max-bytes", "2GB"];
  const asked = await init(...options);
  expect(asked.stdout).toContain("    max_bytes: 1000000000, wanted 2000000000\n");
  expect(asked.stderr).toContain("fpaas init --update");
  expect(asked.code).toBe(6);
  const updated = await init(...options, "--update");
  expect(updated.stdout).toMatch(/^FIREHOSE +changed\n/);
  expect(updated.code).toBe(0);
  expect((await init(...options)).code).toBe(0);
});

it("refuses another number of partitions or buckets with the reason, exit 6", async () => {
  const { code, stderr } = await init("--buckets", "2", "--partitions", "4", "--update");
  expect(code).toBe(6);
  expect(stderr).toContain("nothing was changed");
  expect(stderr).toContain("FIREHOSE: partitions is 8, not 4: keys would move");
  expect(stderr).toContain("FIREHOSE: buckets is 1, not 2: keys would move");
});

it.each([
  [["--replicas", "2"], "2 replicas: 1, 3 or 5 are possible"],
  [["--partitions", "101"], "101 partitions: 100 at most"],
  [["--max-bytes", "0"], "`0` is not a size"],
  [["--max-age", "soon"], "`soon` is not a duration"],
])("refuses %j, exit 2", async (args, message) => {
  const { code, stderr } = await init(...args);
  expect(stderr).toContain(message);
  expect(code).toBe(2);
});

it("says that a server alone keeps no three copies", async () => {
  const { code, stderr } = await init("--replicas", "3", "--buckets", "1", "--update");
  expect(stderr).toContain("replicas > 1 not supported in non-clustered mode");
  expect(code).toBe(1);
});

it("calculates room for a day of the firehose, twice over", () => {
  expect(firehoseBytesFor(350, 86_400_000)).toBe(350 * 86_400 * 1024 * 2);
});
