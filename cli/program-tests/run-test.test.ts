// Tests of the language, played: what the builders give, when windows close, what counts as a match.

import { expect, it } from "vitest";
import { compile } from "../../compiler/compile.ts";
import { SourceError } from "../../shuffler/sources/source.ts";
import { runTest } from "./run-test.ts";

const PROGRAM = `
pipeline posts {
  on error to dlq('posts.dlq')
  from firehose('app.bsky.feed.post')
  |> filter op != 'delete'
  |> map { uri, op, record, tags: tags(record), mentions: mentions(record), links: links(record), langs: record.langs ?? \`[]\` }
  |> to topic('posts')
}
pipeline all {
  from firehose()
  |> to topic('all')
}
pipeline minutes {
  from firehose()
  |> window tumbling(size: 1m, grace: 10s)
  |> reduce by did { n: count() }
  |> to topic('minutes', key: did)
}
pipeline hours {
  from topic('minutes')
  |> window tumbling(size: 1h)
  |> reduce { n: sum(n) }
  |> to topic('hours')
}
pipeline times {
  on error to dlq('times.dlq')
  from firehose()
  |> filter kind == 'commit'
  |> map { at: tid_time(rkey), n: length(record.text) }
  |> to topic('times')
}
`;

/** What fails of one test with the given steps, as the kinds of the failures. */
async function failures(pipeline: string, steps: string) {
  const text = `${PROGRAM}test 'says so' for ${pipeline} {\n${steps}\n}`;
  const { tests, plans, diagnostics } = compile({ file: "a.fpl", text });
  expect(diagnostics).toEqual([]);
  const [test] = tests;
  if (test === undefined) throw new Error("there is no test");
  const open = (path: string) => {
    throw new SourceError("source_missing", `there is no file ${path}`);
  };
  return await runTest(test, { path: "/folder/a.fpl", plans, open });
}

it.each([
  [
    "a post has the facets of its text, the tags it lacks, and is written by alice",
    "posts",
    `given post({ text: 'hé #Müsli https://a.test/b @bob.test', tags: ['müsli', 'food'] },
       mentions: ['did:plc:bob'], langs: ['de'])
     expect 'posts' == [{
       op: 'create', tags: ['müsli', 'food'], mentions: ['did:plc:bob'],
       links: ['https://a.test/b'], langs: ['de'],
       record: { '$type': 'app.bsky.feed.post', createdAt: '2026-01-01T00:00:00.000Z' }
     }]`.replaceAll("'$type'", '"$type"'),
  ],
  [
    "a reply and a quote refer to whole records",
    "posts",
    `given post('a', reply_to: 'at://did:plc:bob/app.bsky.feed.post/b', quote: 'at://did:plc:bob/app.bsky.feed.post/c')
     expect 'posts' has { record: { reply: {
       parent: { uri: 'at://did:plc:bob/app.bsky.feed.post/b' }, root: { uri: 'at://did:plc:bob/app.bsky.feed.post/b' }
     }, embed: { record: { uri: 'at://did:plc:bob/app.bsky.feed.post/c' } } } }`,
  ],
  [
    "likes, reposts, follows and events of any collection come as they are given",
    "all",
    `given like('at://did:plc:bob/app.bsky.feed.post/b', did: 'did:plc:carol')
     given repost('at://did:plc:bob/app.bsky.feed.post/b', rkey: 'fixed')
     given follow('did:plc:bob', op: 'update')
     given event('com.example.thing', { any: [1, 2.5, null, { deep: true }] })
     given delete('at://did:plc:bob/app.bsky.feed.post/b')
     expect 'all' == [
       { did: 'did:plc:carol', collection: 'app.bsky.feed.like', op: 'create',
         record: { subject: { uri: 'at://did:plc:bob/app.bsky.feed.post/b' } } },
       { collection: 'app.bsky.feed.repost', rkey: 'fixed' },
       { op: 'update', record: { subject: 'did:plc:bob' } },
       { collection: 'com.example.thing', record: { any: [1, 2.5, null, { deep: true }] } },
       { did: 'did:plc:bob', op: 'delete', rkey: 'b', record: null }
     ]`,
  ],
  [
    "events of accounts have no record",
    "all",
    `given identity(did: 'did:plc:bob', handle: 'bob.test')
     given account(active: false, status: 'deactivated')
     given sync()
     expect 'all' == [{ kind: 'identity', handle: 'bob.test' }, { kind: 'account', active: false, status: 'deactivated' }, { kind: 'sync' }]`,
  ],
  [
    "an event without a time comes a second after what was before it",
    "all",
    `given post('a') given post('b') given post('c', time: t'2026-02-01') given post('d')
     expect 'all' == [
       { time: t'2026-01-01T00:00:00Z' }, { time: t'2026-01-01T00:00:01Z' },
       { time: t'2026-02-01T00:00:00Z' }, { time: t'2026-02-01T00:00:01Z' }
     ]`,
  ],
  [
    "a record's key is made of its time",
    "times",
    `given post('a', time: t'2026-02-01T10:00:00Z')
     given event('com.example.thing', { text: 5 })
     expect 'times' == [{ at: t'2026-02-01T10:00:00Z' }]
     expect dead_letters == 1
     expect length('times.dlq') == 1`,
  ],
  [
    "windows stay open until the watermark passes their end and grace",
    "minutes",
    `given post('a', did: 'did:plc:bob') given post('b', did: 'did:plc:alice') given post('c', did: 'did:plc:bob')
     advance watermark to t'2026-01-01T00:01:09.999Z'
     expect 'minutes' == []
     advance watermark to t'2026-01-01T00:01:10Z'
     expect 'minutes' == [{ did: 'did:plc:alice', n: 1 }, { did: 'did:plc:bob', n: 2, window: { start: t'2026-01-01' } }]
     expect late == 0
     given post('d', time: t'2026-01-01T00:00:59Z')
     expect late == 1`,
  ],
  [
    "a pipeline that reads a topic runs with the one that writes it",
    "hours",
    `given post('a') given post('b', did: 'did:plc:bob')
     advance watermark to t'2026-01-01T01:30:00Z'
     expect 'hours' == [{ n: 2 }]
     expect length('minutes') == 2`,
  ],
  [
    "dropped counts what a filter dropped",
    "posts",
    `given post('a', op: 'delete')
     expect dropped == 0
     expect 'posts' == []`,
  ],
])("%s", async (_title, pipeline, steps) => {
  expect(await failures(pipeline, steps)).toEqual([]);
});

it.each([
  ["a field of another value", "expect 'all' == [{ did: 'did:plc:bob' }]", "records"],
  ["a record too few", "expect 'all' == []", "records"],
  ["a record too many", "expect 'all' == [{ op: 'create' }, { op: 'create' }]", "records"],
  ["a list of another length", "expect 'all' == [{ record: { langs: ['en'] } }]", "records"],
  ["a record that is not there", "expect 'all' has { did: 'did:plc:bob' }", "member"],
  ["a record that should not be there", "expect !('all' has { did: 'did:plc:alice' })", "member"],
  ["another number", "expect length('all') > 1", "number"],
  ["a fixture that is not there", "given 'nope.jsonl'", "problem"],
  ["a record that is none", "given event('a.b.c', { x: { \"$link\": 'no CID' } })", "problem"],
])("fails for %s", async (_title, step, kind) => {
  const found = await failures(
    "all",
    `given post('a', langs: ['en', 'de'])\n${step}\nexpect late == 0`,
  );
  expect(found.map((failure) => failure.kind)).toEqual([kind]);
});
