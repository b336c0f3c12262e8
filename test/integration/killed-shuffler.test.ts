// kill -9 of a shuffler of a file, or of a relay, before it has saved its first cursor, and another start when the server has
// forgotten the ids: every event is stored once.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSimulatedNetwork } from "../../bench/simulated-relay/network.ts";
import { encodeRecording } from "../../bench/simulated-relay/recording.ts";
import { startSimulatedRelay } from "../../bench/simulated-relay/relay-server.ts";
import { type RunningCommand, TestFolder } from "../../cli/testing/command.ts";
import { FIREHOSE_STREAM, FIREHOSE_SUBJECTS, HEADER } from "../../plan/names.ts";
import { connectNats } from "../../runtime/adapters/nats/connect.ts";
import { NatsLog } from "../../runtime/adapters/nats/nats-log.ts";
import { NatsPublisher } from "../../runtime/adapters/nats/publisher.ts";
import { ensureStreams } from "../../runtime/adapters/nats/streams.ts";
import { startTestNats, type TestNats } from "../../runtime/testing/nats.ts";
import { makeFeed } from "../outage/feed.ts";

const WINDOW_MS = 200;
/** What a relay repeats is stored within it, mostly. */
const RELAY_WINDOW_MS = 1000;
/** At this speed a recording of six minutes takes a second. */
const SPEED = "400x";
const EVENTS = 600;
const PROBE = "probe";
const NEVER = new AbortController().signal;

const PROGRAM = `pipeline posts {
  from firehose()
  |> filter op == 'create'
  |> map { rkey }
  |> to topic('posts')
}
`;

let folder: TestFolder;
/** By file, the ids that an undisturbed run stores. */
const expected = new Map<string, string[]>();

beforeAll(async () => {
  folder = await TestFolder.create();
  const [frames, others] = [await framesOf(1), await framesOf(2)];
  await folder.write("a.frames.zst", encodeRecording(frames));
  await folder.write("start.frames.zst", encodeRecording(frames.slice(0, 200)));
  await folder.write("other.frames.zst", encodeRecording(others));
  await folder.write("a.jsonl", Array.from({ length: EVENTS }, (_, n) => line(n)).join("\n"));
  await folder.write("posts.fpl", PROGRAM);
  for (const file of ["a.frames.zst", "a.jsonl"]) {
    await using world = await World.create();
    await world.toTheEnd(file);
    expected.set(file, await world.ids());
  }
});

afterAll(() => folder[Symbol.asyncDispose]());

describe("a file whose shuffler was killed before it saved a cursor", () => {
  const moments = [1, 100, 300].flatMap((stored) =>
    ["a.frames.zst", "a.jsonl"].map((file) => ({ file, stored })),
  );
  it.each(moments)(
    "$file, killed with $stored stored, is stored once",
    async ({ file, stored }) => {
      await using world = await World.create();
      await world.killed(["shuffler", "--from", file, "--speed", SPEED], stored);
      await world.forget();
      await world.toTheEnd(file);
      expect(await world.ids()).toEqual(expected.get(file));
    },
  );

  it("is stored once though it was killed again and again", async () => {
    await using world = await World.create();
    for (const stored of [50, 100, 150]) {
      await world.killed(["shuffler", "--from", "a.frames.zst", "--speed", SPEED], stored);
      await world.forget();
    }
    await world.toTheEnd("a.frames.zst");
    expect(await world.ids()).toEqual(expected.get("a.frames.zst"));
  });

  it("is stored once though the last answers were lost with the server", async () => {
    await using world = await World.create();
    const args = ["shuffler", "--from", "a.frames.zst", "--speed", SPEED];
    await world.killed(args, 100, () => world.nats.crash());
    await world.nats.restart();
    await world.forget();
    await world.toTheEnd("a.frames.zst");
    expect(await world.ids()).toEqual(expected.get("a.frames.zst"));
  });

  it("is stored once by dev, killed and started again", async () => {
    await using world = await World.create();
    const args = ["dev", "posts.fpl", "--nats", world.nats.url, "--from", "a.frames.zst"];
    await world.killed([...args, "--speed", SPEED], 100);
    await world.forget();
    const { code, stderr } = await folder.run([...args, "--once"]);
    expect(code, stderr).toBe(0);
    expect(withoutEnd(await world.ids())).toEqual(withoutEnd(expected.get("a.frames.zst") ?? []));
  });
});

describe("a file that is stored in part already", () => {
  it("is stored once when another file begins as it does, and another recording is between", async () => {
    await using world = await World.create();
    await world.toTheEnd("start.frames.zst");
    await world.toTheEnd("other.frames.zst");
    const between = await world.ids();
    await world.forget();
    await world.toTheEnd("a.frames.zst");
    const all = [...between, ...(expected.get("a.frames.zst") ?? [])];
    expect(await world.ids()).toEqual([...new Set(all)].sort());
  });

  it("is stored once by two shufflers, one after the other, under two names", async () => {
    await using world = await World.create();
    await world.toTheEnd("a.jsonl");
    await world.forget();
    await world.toTheEnd("a.jsonl");
    const lines = Array.from({ length: EVENTS }, (_, n) => line(n)).join("\n");
    await folder.write("copy.jsonl", `${lines}\n\n`);
    await world.toTheEnd("copy.jsonl");
    expect(await world.ids()).toEqual(expected.get("a.jsonl"));
  });
});

describe("a relay whose clock is an hour ahead", () => {
  it("is stored once though its shuffler was killed before it saved a cursor", async () => {
    await using world = await World.create(RELAY_WINDOW_MS);
    const startMs = Date.now() + 3_600_000;
    const { frames, ids } = makeFeed({ seconds: 3, eventsPerSecond: 200, startMs });
    const pace = { eventsPerSecond: 200, framesPast: 0 };
    await using relay = await startSimulatedRelay({ frames, ...pace });
    const args = ["shuffler", "--relay", relay.url, "--buffer", "none"];
    await world.killed(args, 100);
    await world.forget();
    const { child, ended } = world.start(args);
    const events = async () => (await world.ids()).filter((id) => ids.has(id));
    await expect.poll(async () => new Set(await events()).size).toBe(ids.size);
    child.kill("SIGTERM");
    await ended;
    expect(await events()).toEqual([...ids].sort());
  });
});

/** A server that remembers ids for a moment only. */
class World implements AsyncDisposable {
  readonly nats: TestNats;
  readonly #nc: Awaited<ReturnType<typeof connectNats>>;
  readonly #log: NatsLog;

  static async create(duplicateWindowMs = WINDOW_MS): Promise<World> {
    const nats = await startTestNats();
    const nc = await connectNats({ url: nats.url, name: "test" });
    await ensureStreams(nc, { partitions: 2, buckets: 1, duplicateWindowMs });
    return new World(nats, nc);
  }

  private constructor(nats: TestNats, nc: Awaited<ReturnType<typeof connectNats>>) {
    this.nats = nats;
    this.#nc = nc;
    this.#log = new NatsLog(nc);
  }

  async toTheEnd(file: string): Promise<void> {
    const { code, stderr } = await folder.run(["shuffler", "--from", file], this.#env);
    expect(code, stderr).toBe(0);
  }

  start(args: readonly string[]): RunningCommand {
    return folder.start(args, this.#env);
  }

  /** Starts a command and kills it as soon as it has stored so many messages. */
  async killed(args: readonly string[], stored: number, alongside?: () => Promise<void>) {
    const before = await this.#log.lastSeq(FIREHOSE_STREAM);
    const { child, ended } = this.start(args);
    while ((await this.#log.lastSeq(FIREHOSE_STREAM)) < before + stored && child.exitCode === null);
    const other = alongside?.();
    child.kill("SIGKILL");
    await other;
    expect((await ended).code, "it was through before it was killed").toBeNull();
  }

  /** Waits until the server knows none of the ids any more that it has by now. */
  async forget(): Promise<void> {
    await using publisher = new NatsPublisher(this.#nc);
    const probe = {
      subject: "atproto.firehose.00.probe",
      msgId: PROBE,
      headers: new Map<string, string>(),
      payload: new Uint8Array(1),
    };
    await publisher.publish(probe);
    await expect.poll(async () => (await publisher.publish(probe)).duplicate).toBe(false);
  }

  /** The ids of all that is stored, repeated ones as often as they are. */
  async ids(): Promise<string[]> {
    const ids: string[] = [];
    for await (const { headers } of this.#log.readHeadersNow(
      FIREHOSE_STREAM,
      [FIREHOSE_SUBJECTS],
      1,
      NEVER,
    )) {
      ids.push(headers.get(HEADER.msgId) ?? "");
    }
    return ids.filter((id) => id !== PROBE).sort();
  }

  get #env() {
    return { NATS_URL: this.nats.url };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#nc.close();
    await this.nats[Symbol.asyncDispose]();
  }
}

/** `dev` says the end of the file besides. */
function withoutEnd(ids: readonly string[]): string[] {
  return ids.filter((id) => !id.endsWith("-end"));
}

async function framesOf(seed: number): Promise<Uint8Array[]> {
  const options = { seed, accounts: 60, events: EVENTS, durationMs: 360_000 };
  const { frames } = await createSimulatedNetwork(options);
  const all: Uint8Array[] = [];
  for await (const { bytes } of frames) all.push(bytes);
  return all;
}

/** A post as Jetstream sends it, of long ago. */
function line(n: number): string {
  const rkey = `3jzfcijpj2${String.fromCharCode(97 + (n % 26))}${String.fromCharCode(97 + Math.trunc(n / 26))}a`;
  return JSON.stringify({
    did: "did:plc:ewvi7nxzyoun6zhxrhs64oiz",
    time_us: (1_600_000_000_000 + n * 600) * 1000,
    kind: "commit",
    commit: {
      rev: rkey,
      operation: "create",
      collection: "app.bsky.feed.post",
      rkey,
      cid: "bafyreie5cvv4h45feadgeuwhbcutmh6t2ceseocckahdoe6uat64zmz454",
      record: { $type: "app.bsky.feed.post", text: `post ${n}`, createdAt: "2020-09-13T12:26:40Z" },
    },
  });
}
