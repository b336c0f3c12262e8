import { describe, expect, it } from "vitest";
import { FUNCTIONS, type FunctionName } from "../../../plan/functions.ts";
import { CidLink, Duration, deepEqual, Instant, type Value } from "../values.ts";
import { call } from "./call.test-support.ts";
import { BUILTINS } from "./index.ts";

type Case = [fn: FunctionName, args: Value[], answer: Value];

const POST_URI = "at://did:plc:abc/app.bsky.feed.post/3k2a";
const FACET = "app.bsky.richtext.facet";

function facets(...features: Value[]): Value {
  return { facets: features.map((feature) => ({ features: [feature] })) };
}

function tag(text: Value): Value {
  return { $type: `${FACET}#tag`, tag: text };
}

const URIS: Case[] = [
  ["did_of", [POST_URI], "did:plc:abc"],
  ["did_of", ["at://did:web:example.com"], "did:web:example.com"],
  ["did_of", ["at://alice.example/app.bsky.feed.post/3k2a"], null],
  ["did_of", ["https://example.com"], null],
  ["did_of", ["at://"], null],
  ["did_of", [new CidLink("bafy")], null],
  ["collection_of", [POST_URI], "app.bsky.feed.post"],
  ["collection_of", ["at://did:plc:abc"], null],
  ["collection_of", ["at://did:plc:abc/post/3k2a"], null],
  ["collection_of", ["at://alice.example/app.bsky.feed.post/3k2a"], "app.bsky.feed.post"],
  ["rkey_of", [POST_URI], "3k2a"],
  ["rkey_of", ["at://did:plc:abc/app.bsky.feed.post/"], null],
  ["rkey_of", ["at://did:plc:abc/app.bsky.feed.post/a/b"], null],
  ["rkey_of", ["at://did:plc:abc/app.bsky.feed.post/.."], null],
  ["host", ["https://Example.COM:8080/a?b"], "example.com"],
  ["host", ["http://user@bücher.example/"], "xn--bcher-kva.example"],
  ["host", ["example.com/a"], null],
  ["host", ["at://did:plc:abc"], null],
  ["host", ["https://"], null],
];

const TIMES: Case[] = [
  ["tid_time", ["3jzfcijpj2z2a"], new Instant(Date.parse("2023-06-30T15:03:01.887Z"))],
  ["tid_time", ["2222222222222"], new Instant(0)],
  ["tid_time", ["zzzzzzzzzzzzz"], null],
  ["tid_time", ["3jzfcijpj2z2"], null],
  ["tid_time", ["3jzfcijpj2z21"], null],
  ["tid_time", ["self"], null],
  ["bucket", [new Instant(90_061_000), new Duration(86_400_000)], new Instant(86_400_000)],
  ["bucket", [new Instant(-1), new Duration(1000)], new Instant(-1000)],
  ["bucket", [new Instant(5), new Duration(0)], null],
  ["bucket", [new Instant(5), new Duration(-1)], null],
  ["bucket", [5, new Duration(1)], null],
];

const POSTS: Case[] = [
  [
    "tags",
    [facets(tag("Foo"), tag("#foo"), tag("＃Bar"), tag(""), tag("#"), tag(7))],
    ["foo", "bar"],
  ],
  ["tags", [{ tags: ["B", " a ", null, "b"] }], ["b", "a"]],
  ["tags", [{ ...record(facets(tag("x"))), tags: ["y", "X"] }], ["x", "y"]],
  ["tags", [{ facets: [{ features: "no" }, null, { features: [null, "x"] }] }], []],
  ["tags", [facets({ $type: `${FACET}#link`, uri: "https://a.example", tag: "x" })], []],
  ["tags", [facets(tag("ÄÖ日本"))], ["äö日本"]],
  [
    "mentions",
    [facets(mention("did:plc:b"), mention("did:plc:a"), mention("did:plc:b"), mention(null))],
    ["did:plc:b", "did:plc:a"],
  ],
  [
    "links",
    [
      {
        ...record(facets({ $type: `${FACET}#link`, uri: "https://a.example/A" })),
        embed: { $type: "app.bsky.embed.external", external: { uri: "https://b.example" } },
      },
    ],
    ["https://a.example/A", "https://b.example"],
  ],
  [
    "links",
    [{ embed: { media: { external: { uri: "https://c.example" } } } }],
    ["https://c.example"],
  ],
  ["links", [{ embed: { external: "no" } }], []],
  ["lang_of", [{ langs: ["en-US", "de"] }], "en"],
  ["lang_of", [{ langs: ["PT_br"] }], "pt"],
  ["lang_of", [{ langs: [""] }], null],
  ["lang_of", [{ langs: ["日本"] }], null],
  ["lang_of", [{ langs: [] }], null],
  ["lang_of", [{ langs: "en" }], null],
  ["is_reply", [{ reply: { root: { uri: POST_URI } } }], true],
  ["is_reply", [{ reply: null }], false],
  ["is_reply", [{ reply: "x" }], false],
  ["is_quote", [{ embed: quote(POST_URI) }], true],
  ["is_quote", [{ embed: quote("at://did:plc:abc/app.bsky.graph.list/3k2a") }], false],
  [
    "is_quote",
    [{ embed: { $type: "app.bsky.embed.recordWithMedia", record: quote(POST_URI) } }],
    true,
  ],
  ["is_quote", [{ embed: { $type: "app.bsky.embed.images", record: quote(POST_URI) } }], false],
  ["text_of", [{ text: "hi" }], "hi"],
  ["text_of", [{ text: 5 }], null],
  ["text_of", [{ displayName: "Alice" }], null],
];

function record(value: Value): Record<string, Value> {
  return value as Record<string, Value>; // `facets` makes objects
}

function mention(did: Value): Value {
  return { $type: `${FACET}#mention`, did };
}

function quote(uri: string): Value {
  return { $type: "app.bsky.embed.record", record: { uri, cid: "bafy" } };
}

describe("functions about the firehose", () => {
  it.each([...URIS, ...TIMES, ...POSTS])("%s(%j)", (fn, args, answer) => {
    expect(call(fn, ...args)).toEqual(answer);
  });

  const JUNK: Value[] = [
    null,
    true,
    5,
    "",
    "at:///",
    "\ud800",
    [],
    [null],
    {},
    { facets: 5, tags: {}, langs: {}, embed: [], reply: [], text: [] },
    { facets: [[], {}, { features: [[], { $type: 5 }] }] },
    new Instant(0),
    new Duration(0),
    Uint8Array.of(1),
  ];

  it.each([
    ["tags", []],
    ["mentions", []],
    ["links", []],
    ["is_reply", false],
    ["is_quote", false],
    ["host", null],
    ["did_of", null],
    ["collection_of", null],
    ["rkey_of", null],
    ["tid_time", null],
    ["lang_of", null],
    ["text_of", null],
  ] as const)("%s answers %j to anything of another shape", (fn, answer) => {
    for (const junk of JUNK) expect(call(fn, junk)).toEqual(answer);
  });

  it("bucket answers null to anything of another shape", () => {
    for (const a of JUNK) for (const b of JUNK) expect(call("bucket", a, b)).toBeNull();
  });
});

describe("hash", () => {
  // These numbers decide what is sampled: a failure here is not fixed by changing what is expected.
  it.each<[Value, number]>([
    ["did:plc:abc", 5_486_053_374_099_534],
    ["", 3_741_590_526_756_954],
    [null, 6_188_329_571_262_332],
    [42, 6_216_066_375_564_087],
    [["a", { b: 1 }], 1_497_475_375_945_852],
  ])("of %j never changes", (value, hash) => {
    expect(call("hash", value)).toBe(hash);
  });

  it("is a non-negative integer, equal for equal values", () => {
    for (let i = 0; i < 1000; i += 1) {
      const hash = call("hash", `key ${i}`);
      expect(Number.isSafeInteger(hash)).toBe(true);
      expect(hash).toBeGreaterThanOrEqual(0);
    }
    expect(deepEqual(call("hash", new CidLink("bafy")), call("hash", "bafy"))).toBe(true);
  });

  it("spreads keys evenly", () => {
    const buckets = new Array<number>(16).fill(0);
    for (let i = 0; i < 16_000; i += 1) {
      const bucket = Number(call("hash", i)) % 16;
      buckets[bucket] = (buckets[bucket] ?? 0) + 1;
    }
    for (const count of buckets) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });
});

it("the implemented functions are those of the plan", () => {
  expect(Object.keys(BUILTINS).sort()).toEqual(Object.keys(FUNCTIONS).sort());
});
