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
import type { DecodedMessage } from "../decode/message.ts";
import { cborOf, cidOf, DID, POST, REV } from "../testing/frames.ts";
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

  it.each<[string, unknown]>([
    ["bad_line", "{not json"],
    ["bad_line", { kind: "commit", did: DID }],
    ["bad_line", { ...commitLine(), kind: "other" }],
    ["bad_line", commitLine({ operation: "rename" })],
    ["bad_line", commitLine({ record: "text" })],
    ["bad_did", { ...commitLine(), did: "nobody" }],
    ["bad_collection", commitLine({ collection: "a.>" })],
    ["bad_rkey", commitLine({ rkey: ".." })],
    ["bad_rev", commitLine({ rev: "1" })],
    ["bad_cid", commitLine({ cid: "b" })],
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
