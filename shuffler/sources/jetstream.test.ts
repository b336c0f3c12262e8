import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { cborToLexRecord } from "@atproto/repo";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CidLink } from "../cbor/encode.ts";
import { CborWriter } from "../cbor/writer.ts";
import { cidToString } from "../decode/cid.ts";
import { decodeFrame } from "../decode/frame.ts";
import type { DecodedMessage } from "../decode/message.ts";
import { carOf, cborOf, cidOf, DID, POST, REV, syncFrame } from "../testing/frames.ts";
import { readAll } from "../testing/items.ts";
import { openJetstream } from "./jetstream.ts";
import { parseJetstreamLine } from "./jetstream-event.ts";
import { linesOf } from "./lines.ts";
import type { SourceNotice } from "./source.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fpaas-jetstream-"));
});
afterAll(async () => await rm(folder, { recursive: true }));

const LINK = cidToString(cidOf(POST));
const RECORD_JSON = {
  z: { $link: LINK },
  text: "hé",
  n: -7,
  b: { $bytes: "aGk" },
  l: [null, true],
};
const RECORD = cborOf({
  z: new CidLink(cidOf(POST)),
  text: "hé",
  n: -7,
  b: new Uint8Array(Buffer.from("hi")),
  l: [null, true],
});

function commitLine(commit: object = {}): object {
  return {
    did: DID,
    time_us: 1_783_000_000_123_456,
    kind: "commit",
    commit: {
      rev: REV,
      operation: "create",
      collection: "app.bsky.feed.post",
      rkey: "a",
      record: RECORD_JSON,
      cid: cidToString(cidOf(RECORD)),
      ...commit,
    },
  };
}

function parse(event: unknown): { message: DecodedMessage; cidMismatch: boolean } {
  const text = typeof event === "string" ? event : JSON.stringify(event);
  return parseJetstreamLine(Buffer.from(text), new CborWriter(), "line 1");
}

describe("parseJetstreamLine", () => {
  it("gives the record back as the canonical DAG-CBOR that its CID names", () => {
    const { message, cidMismatch } = parse(commitLine());
    expect(cidMismatch).toBe(false);
    if (message.kind !== "commit") throw new Error("no commit");
    expect(message).toMatchObject({
      did: DID,
      seq: 1_783_000_000_123_456,
      timeMs: 1_783_000_000_123,
      rev: REV,
    });
    const [op] = message.ops;
    if (op?.action !== "create") throw new Error("no create");
    expect(op.record).toEqual(RECORD);
    expect(cborToLexRecord(op.record)).toMatchObject({ text: "hé", n: -7, l: [null, true] });
  });

  it("reads deletes, identity and account events", () => {
    const deletion = parse(commitLine({ operation: "delete", record: undefined, cid: undefined }));
    expect(deletion.message).toMatchObject({ ops: [{ action: "delete", rkey: "a" }] });
    const common = { did: DID, time_us: 5_000 };
    const identity = {
      ...common,
      kind: "identity",
      identity: { did: DID, handle: "a.test", seq: 3 },
    };
    expect(parse(identity).message).toMatchObject({
      kind: "identity",
      handle: "a.test",
      seq: 5000,
    });
    const account = { ...common, kind: "account", account: { active: false, status: "deleted" } };
    expect(parse(account).message).toMatchObject({ active: false, status: "deleted", timeMs: 5 });
  });

  it("takes a record whose CID differs, and says that it does", () => {
    const { message, cidMismatch } = parse(commitLine({ cid: LINK }));
    expect(cidMismatch).toBe(true);
    expect(message).toMatchObject({ ops: [{ cid: LINK }] });
  });

  it("keeps integers of 64 bits, so that the record is the one that its CID names", () => {
    for (const [digits, bytes] of [
      ["9007199254740993", "1b0020000000000001"],
      ["18446744073709551615", "1bffffffffffffffff"],
      ["-9223372036854775808", "3b7fffffffffffffff"],
    ]) {
      const record = Buffer.from(`a1616e${bytes}`, "hex");
      const event = commitLine({ record: { n: "?" }, cid: cidToString(cidOf(record)) });
      const { message, cidMismatch } = parse(JSON.stringify(event).replace('"?"', digits ?? ""));
      expect(cidMismatch, digits).toBe(false);
      expect(message).toMatchObject({ ops: [{ record: Uint8Array.from(record) }] });
    }
    const past = JSON.stringify(commitLine({ record: { n: "?" } })).replace(
      '"?"',
      "18446744073709551616",
    );
    expect(parse(past)).toMatchObject({ message: { kind: "commit" }, cidMismatch: true });
  });

  it("keeps fields with the names of prototypes, and refuses none of them", () => {
    const text =
      '{"$type":"x","__proto__":{"x":1},"constructor":2,"toString":null,"hasOwnProperty":[]}';
    const { message, cidMismatch } = parse(
      JSON.stringify(commitLine({ record: "?", cid: undefined })).replace('"?"', text),
    );
    expect(cidMismatch).toBe(false);
    if (message.kind !== "commit" || message.ops[0]?.action !== "create") throw new Error("none");
    const bytes = Buffer.from(message.ops[0].record);
    for (const name of Object.keys(JSON.parse(text) as object)) {
      expect(bytes.includes(name), name).toBe(true);
    }
    expect(bytes.includes(Buffer.from("i__proto__\xa1ax\x01", "latin1"))).toBe(true);
  });

  it("reads v1 of its first days: without a CID, with letters for kinds, with an empty handle", () => {
    const { message, cidMismatch } = parse(commitLine({ cid: undefined }));
    expect(cidMismatch).toBe(false);
    expect(message).toMatchObject({ ops: [{ cid: cidToString(cidOf(RECORD)) }] });
    expect(parse(commitLine({ cid: "" })).message).toEqual(message);
    const { kind: _kind, ...rest } = commitLine({ operation: undefined, type: "c" }) as {
      kind: string;
    };
    expect(parse({ ...rest, type: "com" }).message).toEqual(message);
    for (const handle of ["", null, undefined]) {
      const identity = { did: DID, time_us: 1, kind: "identity", identity: { did: DID, handle } };
      expect(parse(identity).message).toMatchObject({ kind: "identity", handle: null });
    }
    const account = { did: DID, time_us: 1, type: "acc", account: { active: true } };
    expect(parse(account).message).toMatchObject({ kind: "account", active: true });
  });

  describe("v2", () => {
    const v2 = (kind: string, fields: object): object => ({
      $type: `network.bsky.jetstream.subscribeEvents#${kind}`,
      did: DID,
      seq: 77,
      time: "2026-07-04T12:00:00.123456Z",
      ...fields,
    });
    const at = { did: DID, seq: 77, timeMs: Date.parse("2026-07-04T12:00:00.123Z") };
    const { commit } = commitLine() as { commit: object };

    it.each<[string, object, object]>([
      ["a commit", v2("commit", commit), { kind: "commit", rev: REV, ops: [{ rkey: "a" }] }],
      [
        "a delete",
        v2("commit", { ...commit, operation: "delete", record: undefined, cid: undefined }),
        { ops: [{ action: "delete", rkey: "a" }] },
      ],
      [
        "an identity",
        v2("identity", { identity: { did: DID, seq: 3, handle: "a.test" } }),
        { kind: "identity", handle: "a.test" },
      ],
      [
        "an account",
        v2("account", { account: { did: DID, seq: 3, active: false, status: "deleted" } }),
        { kind: "account", active: false, status: "deleted" },
      ],
    ])("reads %s, in its envelope and out of it", (_, payload, expected) => {
      for (const line of [payload, { $type: "message", payload }]) {
        const { message, cidMismatch } = parse(line);
        expect(cidMismatch).toBe(false);
        expect(message).toMatchObject({ ...at, ...expected });
      }
    });

    it("reads a sync as its frame says it", () => {
      const frame = decodeFrame(syncFrame());
      const block = cborOf({ version: 3 });
      const $bytes = Buffer.from(carOf([block])).toString("base64");
      const { message } = parse(v2("sync", { sync: { did: DID, rev: REV, blocks: { $bytes } } }));
      if (frame.kind !== "sync" || message.kind !== "sync") throw new Error("no sync");
      expect(message).toEqual({ ...frame, ...at });
      const without = parse(v2("sync", { sync: { did: DID, rev: REV } }));
      expect(without.message).toMatchObject({ kind: "rejected", reason: "bad_car" });
    });

    it("takes a word about the stream for no event", () => {
      const info = v2("info", { name: "OutdatedCursor", message: "from 3" });
      expect(parse({ $type: "message", payload: info }).message).toEqual({
        kind: "info",
        name: "OutdatedCursor",
        message: "from 3",
      });
      const error = { $type: "error", error: "ConsumerTooSlow", message: "read faster" };
      expect(parse(error).message).toMatchObject({ kind: "error", name: "ConsumerTooSlow" });
    });

    it.each([
      ["bad_seq", v2("commit", { ...commit, seq: 1.5 })],
      ["bad_seq", v2("commit", { ...commit, seq: undefined })],
      ["bad_time", v2("commit", { ...commit, time: 5 })],
      ["bad_time", v2("identity", { time: "yesterday", identity: {} })],
      ["bad_rev", v2("sync", { sync: { rev: "1", blocks: { $bytes: "" } } })],
      ["bad_car", v2("sync", { sync: { rev: REV, blocks: { $bytes: "AAAA" } } })],
      ["bad_line", v2("other", {})],
      ["bad_line", v2("account", {})],
      ["bad_line", { $type: "message" }],
    ])("refuses with %s", (reason, event) => {
      expect(parse(event).message).toMatchObject({ kind: "rejected", reason });
    });
  });

  it.each<[string, unknown]>([
    ["bad_line", "{not json"],
    ["bad_line", JSON.stringify(commitLine()).replace("-7", "NaN")],
    ["bad_line", JSON.stringify(commitLine()).replace("-7", "Infinity")],
    ["bad_record", JSON.stringify(commitLine()).replace('"n":', '"text":"again","n":')],
    ["bad_record", JSON.stringify(commitLine()).replace('"n":', '"t\\u0065xt":"again","n":')],
    ["bad_record", `{"did":"x",${JSON.stringify(commitLine()).slice(1)}`],
    ["bad_line", { kind: "commit", did: DID }],
    ["bad_line", { ...commitLine(), kind: "other" }],
    ["bad_line", commitLine({ operation: "rename" })],
    ["bad_line", commitLine({ record: "text" })],
    ["bad_did", { ...commitLine(), did: "nobody" }],
    ["bad_collection", commitLine({ collection: "a.>" })],
    ["bad_rkey", commitLine({ rkey: ".." })],
    ["bad_rev", commitLine({ rev: "1" })],
    ["bad_cid", commitLine({ cid: "b" })],
    ["bad_line", commitLine({ record: [] })],
    ["missing_block", commitLine({ record: undefined })],
    ["bad_record", commitLine({ record: { x: { $link: "nope" } } })],
    ["bad_record", commitLine({ record: { x: { $bytes: "*" } } })],
    ["bad_utf8", JSON.stringify(commitLine()).replace("hé", "\\ud800")],
    ["bad_record", JSON.stringify(commitLine()).replace("-7", "1e999")],
  ])("refuses with %s", (reason, event) => {
    expect(parse(event).message).toMatchObject({ kind: "rejected", reason });
  });

  it("never throws on JSON of any shape", () => {
    const commit = fc.record({
      record: fc.object({ key: fc.string({ unit: "binary" }), maxDepth: 2 }),
    });
    fc.assert(
      fc.property(fc.oneof(fc.json(), commit.map(commitLine)), (event) => {
        expect(parse(event).message.kind).toBeTypeOf("string");
      }),
    );
  });
});

describe("openJetstream", () => {
  it.each([
    ["a.jsonl", (text: Buffer) => text],
    ["a.jsonl.gz", (text: Buffer) => gzipSync(text)],
    ["a.jsonl.zst", (text: Buffer) => zstdCompressSync(text)],
  ])("reads %s, numbering lines and going on past a bad one", async (name, pack) => {
    const lines = [commitLine(), "", "garbage", commitLine({ rkey: "b", cid: LINK })];
    const text = lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line)));
    const path = join(folder, name);
    await writeFile(path, pack(Buffer.from(text.join("\n"))));
    const notices: SourceNotice[] = [];
    const { items } = await readAll(openJetstream(path, null, (notice) => notices.push(notice)));
    expect(items.map((item) => item.position)).toEqual([1, 3, 4]);
    expect(items[1]).toMatchObject({ message: { reason: "bad_line", detail: "line 3: no JSON" } });
    expect(notices).toEqual([{ kind: "cid-mismatch", line: 4 }]);
    const rest = await readAll(openJetstream(path, 3, () => {}));
    expect(rest.items.map((item) => item.position)).toEqual([4]);
  });
});

describe("linesOf", () => {
  async function collect(chunks: readonly string[], bytesMax: number) {
    async function* source() {
      for (const chunk of chunks) yield Buffer.from(chunk);
    }
    const lines = [];
    for await (const batch of linesOf(source(), bytesMax)) lines.push(...batch);
    return lines.map((line) => line.bytes?.toString() ?? null);
  }

  it("gives the same lines however the bytes are cut", async () => {
    const cuts = fc.array(fc.string({ maxLength: 6, unit: fc.constantFrom("a", "b", "\n") }));
    await fc.assert(
      fc.asyncProperty(cuts, async (chunks) => {
        const expected = chunks.join("").split("\n");
        if (expected.at(-1) === "") expected.pop();
        expect(await collect(chunks, 100)).toEqual(expected);
      }),
    );
  });

  it("takes a line of the limit and passes over a longer one", async () => {
    expect(await collect(["abc\nab", "cd\nx\n"], 3)).toEqual(["abc", null, "x"]);
  });
});
