// The programs of the nasty suite: every kind of stage and aggregate over records that no field can be trusted of.

/** A program that is deployed by itself; its pipelines may read each other's topics. */
export type NastyProgram = {
  readonly name: string;
  /** Its pipelines, each deployed and rolled back by itself. */
  readonly pipelines: readonly string[];
  /** All topics that it writes but for dead letters, the main one first. */
  readonly topics: readonly string[];
  readonly text: string;
  /**
   * The same with another sink behind the main one, whose topic gets the same records from then on; null where a
   * result may be too large for a sink, as each sink puts such a one aside.
   */
  readonly textWithMore: string | null;
};

const READ = "from firehose('com.example.nasty') start at first |> filter op != 'delete'";

/** One pipeline over the records; `topic` is what stands in `to topic(nasty.NAME …)`. */
function simple(name: string, stages: string, sink: string, partitions = 2): NastyProgram {
  const body = `pipeline ${name} { options { partitions: ${partitions} } ${letters(name)} ${READ} |> ${stages}`;
  return program(name, [name], [`nasty.${name}`], body, `'nasty.${name}', ${sink}`);
}

/** So many that none is left out: which one comes first is left open. */
function letters(pipeline: string): string {
  return `on error to dlq('dlq.${pipeline}', max: 1000000)`;
}

/** @param body up to the main sink, which is the last thing in it */
function program(
  name: string,
  pipelines: readonly string[],
  topics: readonly string[],
  body: string,
  sink: string,
): NastyProgram {
  const text = `${body} |> to topic(${sink}) }`;
  const textWithMore = `${body} |> to topic(${sink}) |> to topic('${moreTopic(name)}') }`;
  return { name, pipelines, topics, text, textWithMore };
}

/** Where a program that has another sink sends its results too. */
export function moreTopic(name: string): string {
  return `nasty.${name}.more`;
}

const BY_KEY = "key: k, partitions: 2";

export const PROGRAMS: readonly NastyProgram[] = [
  simple(
    "each",
    "map { did, seq, item: record.item, k: record.k, n: record.n, x: record.x, time }",
    "key: did, partitions: 4",
  ),
  simple(
    "texts",
    "map { item: record.item, text: record.text, list: record.list, time }",
    "key: item, partitions: 2",
    1,
  ),
  simple(
    "tumbling",
    `window tumbling(size: 5s, grace: 2s) |> reduce by record.k as k { n: count(), s: sum(record.n),
     mean: avg(record.n), least: min(record.n), most: max(record.n) }`,
    BY_KEY,
  ),
  simple(
    "hopping",
    `window hopping(size: 20s, every: 5s, grace: 1s) |> reduce by record.post as post
     { accounts: distinct(did, cap: 1000), s: sum(record.n), rate: rate(), share: sum(record.n) / count() }`,
    "key: post",
  ),
  simple(
    "sessions",
    `window session(gap: 4s, max: 30s, grace: 3s) |> reduce by did
     { n: count(), first: first(record.item), last: last(record.item), s: sum(record.n) }`,
    "key: did, partitions: 2",
  ),
  simple(
    "key_sessions",
    "window session(gap: 6s, max: 20s, grace: 1s) |> reduce by record.k as k { n: count(), xs: collect(record.x, max: 5) }",
    BY_KEY,
  ),
  simple(
    "dedup_keys",
    "dedup(by: record.k, within: 20s) |> map { did, item: record.item, k: record.k, time }",
    BY_KEY,
  ),
  simple(
    "top_keys",
    `window hopping(size: 20s, every: 10s) |> reduce by record.k as k { n: count(), s: sum(record.n) }
     |> top(5, by: n)`,
    "key: time",
  ),
  simple(
    "top_per",
    `window tumbling(size: 15s) |> reduce by { did, k: record.k } { n: count(), most: max(record.n) }
     |> top(3, by: most, per: did)`,
    "key: did",
    1,
  ),
  simple(
    "fold",
    `reduce by record.k as k { n: count(), s: sum(record.n), last: last(record.x) } expire after 30s
     |> emit changes(every: 5s)`,
    BY_KEY,
  ),
  simple(
    "changes",
    `window tumbling(size: 20s, grace: 2s) |> reduce by record.k as k
     { n: count(), s: sum(record.n), xs: collect(record.x, max: 8) } |> emit changes(every: 4s)`,
    BY_KEY,
    1,
  ),
  branch(),
  union(),
  simple(
    "unnested",
    `unnest record.list as label |> window tumbling(size: 5s, grace: 2s)
     |> reduce by label { n: count(), s: sum(record.n), first: first(record.item) }`,
    "key: label",
  ),
  labels(),
  sums(),
  simple(
    "stages",
    `window hopping(size: 10s, every: 5s) |> reduce by record.k as k { n: count(), s: sum(record.n) }
     |> window tumbling(size: 30s) |> reduce by k { n: sum(n), s: sum(s), parts: count() }`,
    BY_KEY,
    1,
  ),
  collected(),
  simple(
    "sketches",
    `window tumbling(size: 20s) |> reduce by record.post as post { keys: distinct(record.k, cap: 1000),
     about: approx_distinct(record.x), often: top_k(record.k, 5), half: quantile(record.n, 0.5) }`,
    "key: post",
  ),
  simple(
    "errors",
    `map { item: record.item, twice: record.m * 2, square: record.n * record.n,
     more: record.m + 1, at: record.list[0], time }`,
    "key: item, partitions: 2",
  ),
];

function branch(): NastyProgram {
  const body = `pipeline branched { ${READ} |> branch {
      when record.n > 0 => |> dedup(by: did, within: 10s) |> map { did, item: record.item, time }
        |> to topic('nasty.branched.firsts', key: did)
      when record.n < 0 => |> map { item: record.item, x: record.x, time } |> to topic('nasty.branched.each')
      else => |> window tumbling(size: 10s) |> reduce by record.k as k { n: count() }`;
  const topics = ["nasty.branched", "nasty.branched.firsts", "nasty.branched.each"];
  const made = program("branched", ["branched"], topics, body, `'nasty.branched', ${BY_KEY}`);
  return {
    ...made,
    text: `${made.text} }`,
    textWithMore: made.textWithMore === null ? null : `${made.textWithMore} }`,
  };
}

function union(): NastyProgram {
  const body = `pipeline united { from union { firehose('com.example.nasty') start at first,
      firehose('com.example.other') as q start at first }
    |> let r = record ?? q.record |> filter r != null
    |> window tumbling(size: 8s, grace: 1s)
    |> reduce by { k: r.k, other: q != null } { n: count(), s: sum(r.n), first: first(r.item) }`;
  return program("united", ["united"], ["nasty.united"], body, "'nasty.united', key: k");
}

/** One record's hundreds of results over a topic, to two readers that go by their order. */
function labels(): NastyProgram {
  const body = `pipeline labels { ${READ} |> let item = record.item |> unnest record.list as label
      |> map { item, label, did, time } |> to topic('nasty.labels', key: label, partitions: 3) }
    pipeline label_firsts { from topic('nasty.labels') start at first
      |> dedup(by: label, within: 10s) |> to topic('nasty.label_firsts', key: label) }
    pipeline label_folds { from topic('nasty.labels') start at first
      |> reduce by did { n: count(), last: last(label), item: last(item) } expire after 20s
      |> emit changes(every: 5s)`;
  const topics = ["nasty.label_folds", "nasty.labels", "nasty.label_firsts"];
  const pipelines = ["labels", "label_firsts", "label_folds"];
  return program("label_folds", pipelines, topics, body, "'nasty.label_folds', key: did");
}

/** Sums of sums, some of them put aside on the way. */
function sums(): NastyProgram {
  const body = `pipeline sums { ${READ} |> window tumbling(size: 5s)
      |> reduce by { k: record.k, post: record.post } { n: count(), s: sum(record.n) }
      |> to topic('nasty.sums', key: k, partitions: 3) }
    pipeline larger_sums { from topic('nasty.sums') start at first |> window tumbling(size: 30s)
      |> reduce by post { n: sum(n), s: sum(s), parts: count() } |> to topic('nasty.larger_sums', key: post) }
    pipeline best_sums { from topic('nasty.larger_sums') start at first |> window tumbling(size: 60s)
      |> reduce by post { s: max(s), n: sum(n) } |> top(2, by: n)`;
  const topics = ["nasty.best_sums", "nasty.sums", "nasty.larger_sums"];
  const pipelines = ["sums", "larger_sums", "best_sums"];
  return program("best_sums", pipelines, topics, body, "'nasty.best_sums'");
}

/** State of several large texts; now and then a result is larger than a message. */
function collected(): NastyProgram {
  const made = simple(
    "collected",
    `filter length(record.text) >= 40000 |> window tumbling(size: 4m) |> reduce
     { n: count(), items: collect(record.item, max: 300), texts: collect(record.text, max: 300) }
     |> map { n, items, count: length(texts), longest: max(map(&length(@), texts)), texts, time }`,
    "key: n",
  );
  return { ...made, textWithMore: null };
}
