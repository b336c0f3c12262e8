import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EVENT_FIELDS, EVENT_KINDS } from "../../../plan/event.ts";
import type { Expr } from "../../../plan/expr.ts";
import { partitionOf } from "../../../plan/partition.ts";
import { arbitraryValue, NAMES } from "../arbitrary.test-support.ts";
import { arbitraryExpr } from "../arbitrary-expr.test-support.ts";
import { decodeEvent, decodeValue, encoded } from "../codec.ts";
import { compileExpr } from "../compile-expr.ts";
import { EvaluationError } from "../eval-error.ts";
import { call, compare, literal, path } from "../expr.test-support.ts";
import { canonicalKey, isRecord, type RecordValue, setField, type Value } from "../values.ts";
import { EventRecords } from "./event-records.ts";
import { EventView } from "./event-view.ts";

const ADDED = "added";
const PARTITIONS = 7;

/** What comes of it: a canonical text, or the whole error. */
function outcome(evaluate: () => Value): string {
  try {
    return canonicalKey([evaluate()]);
  } catch (error) {
    if (error instanceof EvaluationError) return `error: ${error.message}`;
    throw error;
  }
}

type Entry = readonly [name: string, value: Value];

/** A CBOR map of these entries, in this order, twice the same name included. */
function mapOf(entries: readonly Entry[]): Uint8Array {
  return encoded((writer) => {
    writer.mapHeader(entries.length);
    for (const [name, value] of entries) {
      writer.text(name);
      writer.value(value);
    }
  });
}

/** The value as a byte string holds it: with the keys of all maps in DAG-CBOR order. */
function embedded(value: Value): Uint8Array {
  return encoded((writer) => writer.value(sorted(value)));
}

function sorted(value: Value): Value {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isRecord(value)) return value;
  const record: RecordValue = {};
  const bytes = (name: string) => Buffer.from(name);
  const names = Object.keys(value).sort(
    (a, b) => bytes(a).length - bytes(b).length || Buffer.compare(bytes(a), bytes(b)),
  );
  for (const name of names) setField(record, name, sorted(value[name] ?? null));
  return record;
}

type Given = {
  readonly payload: Uint8Array;
  /** Whether a record stands in a byte string, of which only what is wanted is read. */
  readonly lazy: boolean;
};

/** Mostly well-formed events of all kinds; sometimes a field is missing, twice there, or something else. */
function arbitraryEvent(): fc.Arbitrary<Given> {
  const required: Entry[] = [
    ["op", "create"],
    ["did", "did:plc:é"],
    ["seq", 7],
    ["rkey", "self"],
    ["time", 1_750_000_000_000],
    ["collection", "app.bsky.feed.post"],
  ];
  const field = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.tuple(fc.constantFrom<string>(...EVENT_FIELDS, "other"), arbitraryValue()),
    },
    { weight: 1, arbitrary: fc.constant<Entry>(["host_time", 1_750_000_009_000]) },
  );
  const plain = fc.oneof(arbitraryValue(), arbitraryRecord());
  const record = fc.oneof(plain, plain.map(embedded));
  return fc
    .record({
      kind: fc.constantFrom(...EVENT_KINDS),
      record,
      odd: fc.oneof(
        { weight: 3, arbitrary: fc.constant<Entry[]>([]) },
        { weight: 1, arbitrary: fc.array(field, { maxLength: 3 }) },
      ),
      order: fc.constantFrom("as the shuffler writes", "first", "last"),
    })
    .map(({ kind, record: value, odd, order }) => {
      const entries: Entry[] = [...required, ["kind", kind], ["record", value], ["rev", "3l"]];
      const all = order === "first" ? [...odd, ...entries] : [...entries, ...odd];
      if (order === "as the shuffler writes") {
        all.sort(([a], [b]) => a.length - b.length || (a < b ? -1 : 1));
      }
      const lazy = all.some(([name, one]) => name === "record" && one instanceof Uint8Array);
      return { payload: mapOf(all), lazy };
    });
}

/** A record with the fields that functions read. */
function arbitraryRecord(): fc.Arbitrary<Value> {
  const tag = { features: [{ $type: "app.bsky.richtext.facet#tag", tag: "#A" }] };
  const value = fc.oneof(
    arbitraryValue(),
    fc.constantFrom<Value>(["en", "de"], [tag], { root: { uri: "at://x" } }, "a", ["a", 1]),
  );
  const name = fc.constantFrom(...NAMES, "langs", "facets", "tags", "reply", "text", "embed");
  return fc
    .array(fc.tuple(name, value), { maxLength: 5 })
    .map((entries) => decodeValue(mapOf(entries)));
}

function damaged(payload: Uint8Array, at: number, bits: number): Uint8Array {
  const bytes = Uint8Array.from(payload);
  const index = at % (bytes.length + 1);
  if (bits === 0) return bytes.subarray(0, index);
  if (bits > 255) return Uint8Array.from([...bytes, bits & 255]);
  if (index < bytes.length) bytes[index] = (bytes[index] ?? 0) ^ bits;
  return bytes;
}

const DIRECT: readonly Expr[] = [
  path("record"),
  path("record", "a"),
  path("record", "b", "c"),
  path("record", "langs"),
  path("record", "length"),
  path("record", "\ufffd"),
  path("did"),
  path("op"),
  path("rev"),
  path("handle"),
  path("active"),
  path("oversize"),
  path("time"),
  path("time", "ms"),
  path("host_time"),
  path("host_time", "ms"),
  path("uri"),
  path("nothing", "a"),
  path(ADDED),
  path(ADDED, "a"),
  { k: "field", of: { k: "root" }, name: "record" },
  compare(path("record", "a"), "==", literal("a")),
  compare(path("record", "text"), "!=", literal("a")),
  compare(path("kind"), "==", literal("commit")),
  { k: "has", left: path("record", "langs"), right: literal("en") },
  { k: "has", left: path("record", "a"), right: literal("a") },
  { k: "exists", path: path("record") },
  { k: "exists", path: path("record", "a") },
  { k: "exists", path: path("handle") },
  { k: "exists", path: path(ADDED) },
  ...["tags", "mentions", "links", "is_reply", "is_quote", "lang_of", "text_of", "length"].map(
    (fn) => call(fn, path("record")),
  ),
  call("length", path("record", "text")),
];

/** Random expressions whose `@` is often a path of the event. */
function arbitraryQuestion(): fc.Arbitrary<Expr> {
  const choices = fc.array(fc.constantFrom<Expr>({ k: "current" }, ...DIRECT), {
    minLength: 4,
    maxLength: 4,
  });
  const random = fc.tuple(arbitraryExpr(), choices).map(([expr, direct]) => {
    let taken = 0;
    const text = JSON.stringify(expr, (_key, value: unknown) => {
      if (typeof value !== "object" || value === null || !("k" in value)) return value;
      if (value.k !== "current") return value;
      taken += 1;
      // Not looked into again: it is text by now.
      return { k: "placeholder", at: taken % direct.length };
    });
    return JSON.parse(text, (_key, value: unknown) => {
      if (typeof value !== "object" || value === null || !("k" in value)) return value;
      return value.k === "placeholder" && "at" in value ? direct[Number(value.at)] : value;
    }) as Expr; // with nothing but expressions put in
  });
  return fc.oneof(fc.constantFrom(...DIRECT), random);
}

/** The expression by full decode, on the event with the added field. */
function expected(payload: Uint8Array, expr: Expr, added: Value): string {
  return outcome(() => compileExpr(expr)({ ...decodeEvent(payload), [ADDED]: added }));
}

function viewed(expr: Expr) {
  const view = new EventView();
  const { records, add } = new EventRecords(view).adding(ADDED);
  const evaluate = records.compile(expr);
  const write = records.writing(expr);
  const key = records.keying([expr], PARTITIONS);
  const open = (payload: Uint8Array, added: Value): EventView => {
    view.open(payload);
    return add(view, added);
  };
  return { open, evaluate, write, key, records };
}

describe("an event read from its bytes", () => {
  it("agrees with the decoded one, also where it is damaged", () => {
    let read = 0;
    const property = fc.property(
      fc.tuple(arbitraryEvent(), arbitraryEvent()),
      arbitraryQuestion(),
      arbitraryValue(),
      fc.nat(),
      fc.option(fc.integer({ min: 0, max: 300 })),
      ([first, second], expr, added, at, bits) => {
        fc.pre(!first.lazy || bits === null);
        const payload = bits === null ? first.payload : damaged(first.payload, at, bits);
        const { open, evaluate, records } = viewed(expr);
        for (const one of [payload, second.payload, payload]) {
          const malformed = expected(one, { k: "current" }, null).startsWith("error: malformed");
          if ((one === payload ? first : second).lazy && malformed) continue;
          const answer = outcome(() => {
            open(one, added);
            return evaluate();
          });
          expect(answer).toBe(expected(one, expr, added));
          if (!answer.startsWith("error: malformed")) read += 1;
          const whole = outcome(() => records.whole(open(one, added)));
          expect(whole).toBe(expected(one, { k: "current" }, added));
        }
      },
    );
    fc.assert(property, { numRuns: 2000 });
    expect(read).toBeGreaterThan(2000);
  });

  it("agrees with one that has seen nothing, after others that were laid out so or nearly so", () => {
    const property = fc.property(
      arbitraryEvent(),
      arbitraryQuestion(),
      fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { minLength: 1 }),
      ({ payload }, expr, changes) => {
        const seen = viewed(expr);
        const ask = ({ open, evaluate }: typeof seen, one: Uint8Array): string => {
          let [seq, timeMs] = [-1, -1];
          const answer = outcome(() => {
            ({ seq, timeMs } = open(one, null));
            return evaluate();
          });
          return `${seq} ${timeMs} ${answer}`;
        };
        for (const [at, bits] of changes) {
          for (const one of [payload, damaged(payload, at, bits)]) {
            expect(ask(seen, one)).toBe(ask(viewed(expr), one));
          }
        }
      },
    );
    fc.assert(property, { numRuns: 1500 });
  });

  it("never fails but with an evaluation error where an embedded record is damaged", () => {
    let wrong = 0;
    const property = fc.property(
      arbitraryEvent().filter(({ lazy }) => lazy),
      arbitraryQuestion(),
      fc.nat(),
      fc.integer({ min: 0, max: 300 }),
      ({ payload }, expr, at, bits) => {
        const { open, evaluate, write, records } = viewed(expr);
        const one = damaged(payload, at, bits);
        const answer = outcome(() => {
          open(one, null);
          return evaluate();
        });
        const sent = outcome(() =>
          decodeValue(encoded((writer) => write(open(one, null), writer))),
        );
        // What is written stands among the records of others: it is one whole item, or nothing.
        if (sent.startsWith("error: malformed")) {
          wrong += 1;
          expect(answer).toBe(sent);
        }
        outcome(() => records.whole(open(one, null)));
      },
    );
    fc.assert(property, { numRuns: 1500 });
    expect(wrong).toBeGreaterThan(100);
  });

  it("is sent on as what was decoded would be, to the same partition", () => {
    const property = fc.property(
      arbitraryEvent(),
      arbitraryQuestion(),
      arbitraryValue(),
      ({ payload, lazy }, expr, added) => {
        const { open, write, key } = viewed(expr);
        fc.pre(!lazy || !expected(payload, { k: "current" }, null).startsWith("error: malformed"));
        const answer = expected(payload, expr, added);
        const written = outcome(() =>
          decodeValue(encoded((writer) => write(open(payload, added), writer))),
        );
        expect(written).toBe(answer);
        let partition = -1;
        const keys = outcome(() => {
          const bytes = encoded((writer) => {
            key.take(open(payload, added));
            key.write(writer);
            partition = key.partition();
          });
          return (decodeValue(bytes) as Value[])[0] ?? null; // `keying` writes a list
        });
        expect(keys).toBe(answer);
        if (!answer.startsWith("error: ")) {
          const value = compileExpr(expr)({ ...decodeEvent(payload), [ADDED]: added });
          expect(partition).toBe(partitionOf(canonicalKey([value]), PARTITIONS));
        }
      },
    );
    fc.assert(property, { numRuns: 1500 });
  });

  it("is refused in the words of full decode wherever it is cut off", () => {
    const payload = mapOf([
      ["op", "create"],
      ["did", "did:plc:a"],
      ["seq", 1],
      ["kind", "commit"],
      ["rkey", "a"],
      ["time", 5],
      ["record", { text: "é".repeat(40), n: [1.5, null, { a: true }] }],
      ["collection", "a.b.c"],
    ]);
    const { open, evaluate } = viewed(path("record", "text"));
    for (let end = 0; end < payload.length; end += 1) {
      const cut = payload.subarray(0, end);
      const refusal = outcome(() => open(cut, null).whole());
      expect(refusal).toBe(outcome(() => decodeEvent(cut)));
    }
    open(payload, null);
    expect(evaluate()).toBe("é".repeat(40));
  });
});
