import { describe, expect, it } from "vitest";
import type { FunctionName } from "../../../plan/functions.ts";
import { CidLink, Duration, Instant, type RecordValue, setField, type Value } from "../values.ts";
import { byField, call, callBy, refusal } from "./call.test-support.ts";

type Case = [fn: FunctionName, args: Value[], answer: Value];

const LINK = new CidLink("bafyabc");
const EMOJI = "a😀b";

const NUMBERS: Case[] = [
  ["abs", [-2.5], 2.5],
  ["ceil", [1.01], 2],
  ["ceil", [-1.5], -1],
  ["floor", [-1.5], -2],
  ["sum", [[1, 2, 3.5]], 6.5],
  ["sum", [[]], 0],
  ["avg", [[1, 2]], 1.5],
  ["avg", [[]], null],
  ["to_number", ["1e3"], 1000],
  ["to_number", ["-0.5"], -0.5],
  ["to_number", [7], 7],
  ["to_number", [""], null],
  ["to_number", [" 1"], null],
  ["to_number", ["0x10"], null],
  ["to_number", ["01"], null],
  ["to_number", ["1e999"], null],
  ["to_number", [true], null],
];

const TEXTS: Case[] = [
  ["contains", ["foobar", "oba"], true],
  ["contains", ["foobar", 1], false],
  ["contains", [LINK, "abc"], true],
  ["starts_with", ["foobar", "foo"], true],
  ["ends_with", ["foobar", "foo"], false],
  ["find_first", ["subject string", "string"], 8],
  ["find_first", ["subject string", "string", 0, 14], 8],
  ["find_first", ["subject string", "string", 0, 13], null],
  ["find_first", ["subject string", "string", -99, 100], 8],
  ["find_first", ["subject string", "string", 9], null],
  ["find_first", ["subject string", "s", 1], 8],
  ["find_first", ["a😀b😀c", "😀", 2], 3],
  ["find_first", ["abc", ""], null],
  ["find_first", ["", "a"], null],
  ["find_last", ["subject string", "s"], 8],
  ["find_last", ["subject string", "s", 0, 8], 0],
  ["find_last", ["😀😀", "😀"], 1],
  ["find_last", ["abc", "x"], null],
  ["length", [EMOJI], 3],
  ["length", [""], 0],
  ["length", [LINK], 7],
  ["lower", ["ÀB"], "àb"],
  ["upper", ["straße"], "STRASSE"],
  ["join", ["-", ["a", "b", LINK]], "a-b-bafyabc"],
  ["join", ["-", []], ""],
  ["pad_left", ["😀", 3], "  😀"],
  ["pad_left", ["abc", 2], "abc"],
  ["pad_left", ["", 2, "é"], "éé"],
  ["pad_right", ["a", 3, "😀"], "a😀😀"],
  ["replace", ["aabaaabaaaab", "aa", "-"], "-b-ab--b"],
  ["replace", ["aabaaabaaaab", "aa", "-", 0], "aabaaabaaaab"],
  ["replace", ["aabaaabaaaab", "aa", "-", 2], "-b-abaaaab"],
  ["replace", ["a.b$&", ".", "$&"], "a$&b$&"],
  ["replace", ["abc", "", "-"], "abc"],
  ["reverse", [EMOJI], "b😀a"],
  ["reverse", [""], ""],
  ["split", ["/", "/"], ["", ""]],
  ["split", ["a-b-c", "-"], ["a", "b", "c"]],
  ["split", ["a-b-c", "-", 1], ["a", "b-c"]],
  ["split", ["a-b-c", "-", 0], ["a-b-c"]],
  ["split", ["a-b-c", "-", 9], ["a", "b", "c"]],
  ["split", [EMOJI, ""], ["a", "😀", "b"]],
  ["split", ["", ""], []],
  ["split", ["", "x"], [""]],
  ["trim", ["  \u00a0\u0085\u3000 a b\n "], "a b"],
  ["trim", ["   subject string   ", "gsu "], "bject strin"],
  ["trim", ["   subject string   ", ""], "subject string"],
  ["trim", ["😀a😀", "😀"], "a"],
  ["trim", ["  "], ""],
  ["trim_left", ["  a  "], "a  "],
  ["trim_left", ["]-a", "-]"], "a"],
  ["trim_right", ["  a  "], "  a"],
  ["to_string", ["a"], "a"],
  ["to_string", [LINK], "bafyabc"],
  ["to_string", [{ a: [1, null] }], '{"a":[1,null]}'],
  ["to_string", [new Instant(0)], "1970-01-01T00:00:00.000Z"],
  ["to_string", [new Duration(1500)], "1500"],
  ["to_string", [[new Instant(0)]], '["1970-01-01T00:00:00.000Z"]'],
];

const LISTS: Case[] = [
  ["contains", [[1, { a: "x" }], { a: "x" }], true],
  ["contains", [["a"], "A"], false],
  ["length", [[1, null]], 2],
  ["length", [{ a: 1 }], 1],
  ["length", [Uint8Array.of(1, 2)], 2],
  ["max", [[1, 3, 2]], 3],
  ["max", [["\u{ff21}", "\u{1f600}"]], "\u{1f600}"],
  ["max", [[]], null],
  ["max", [[new Instant(1), new Instant(2)]], new Instant(2)],
  ["min", [[1, 3, -2]], -2],
  ["min", [[new Duration(2), new Duration(1)]], new Duration(1)],
  ["reverse", [[1, 2, 3]], [3, 2, 1]],
  ["sort", [[3, 1, 10, 2]], [1, 2, 3, 10]],
  ["sort", [["\u{1f600}", "\u{ff21}", "b", "B"]], ["B", "b", "\u{ff21}", "\u{1f600}"]],
  ["sort", [[new Instant(2), new Instant(1)]], [new Instant(1), new Instant(2)]],
  ["sort", [[]], []],
  ["to_array", [null], [null]],
  ["to_array", [[1]], [1]],
  [
    "zip",
    [
      ["a", "b", "c"],
      [1, 2],
    ],
    [
      ["a", 1],
      ["b", 2],
    ],
  ],
  ["zip", [[1]], [[1]]],
  ["not_null", [null, [], "a"], []],
  ["not_null", [null, null], null],
];

const RECORDS: Case[] = [
  ["keys", [{ b: 1, a: 2 }], ["b", "a"]],
  ["values", [{ b: 1, a: 2 }], [1, 2]],
  ["items", [{ a: [1] }], [["a", [1]]]],
  [
    "from_items",
    [
      [
        ["a", 1],
        ["b", 2],
        ["a", 3],
      ],
    ],
    { a: 3, b: 2 },
  ],
  ["merge", [{ a: 1, b: 2 }, { b: 3 }, {}], { a: 1, b: 3 }],
  ["type", [LINK], "string"],
  ["type", [new Instant(0)], "instant"],
  ["type", [new Duration(0)], "duration"],
  ["type", [Uint8Array.of()], "bytes"],
  ["type", [null], "null"],
];

describe("JMESPath's functions", () => {
  it.each([...NUMBERS, ...TEXTS, ...LISTS, ...RECORDS])("%s(%j)", (fn, args, answer) => {
    expect(call(fn, ...args)).toEqual(answer);
  });

  it.each<[FunctionName, Value[], string]>([
    ["abs", ["1"], "invalid type for abs()"],
    ["avg", [["a"]], "invalid type for avg()"],
    ["contains", [null, "a"], "invalid type for contains()"],
    ["ends_with", ["a", 0], "invalid type for ends_with()"],
    ["find_first", ["a", "a", 0.5], "invalid value for find_first()"],
    ["from_items", [[["a"]]], "invalid type for from_items()"],
    ["from_items", [[[1, 2]]], "invalid type for from_items()"],
    ["items", [[1]], "invalid type for items()"],
    ["join", ["-", ["a", 0]], "invalid type for join()"],
    ["keys", [new Instant(0)], "invalid type for keys()"],
    ["length", [null], "invalid type for length()"],
    ["length", [5], "invalid type for length()"],
    ["lower", [null], "invalid type for lower()"],
    ["max", [[1, "a"]], "invalid type for max()"],
    ["max", [[null]], "invalid type for max()"],
    ["merge", [{}, []], "invalid type for merge()"],
    ["pad_left", ["a", -1], "invalid value for pad_left()"],
    ["pad_right", ["a", 3, "ab"], "invalid value for pad_right()"],
    ["pad_right", ["a", 3, ""], "invalid value for pad_right()"],
    ["replace", ["a", "a", "b", -1], "invalid value for replace()"],
    ["reverse", [5], "invalid type for reverse()"],
    ["sort", [[1, new Instant(1)]], "invalid type for sort()"],
    ["sort", [[true, false]], "invalid type for sort()"],
    ["split", ["a", "b", -1], "invalid value for split()"],
    ["sum", [[1e308, 1e308]], "number out of range"],
    ["trim", [["a"]], "invalid type for trim()"],
    ["zip", [[1], "a"], "invalid type for zip()"],
  ])("%s(%j) is refused", (fn, args, reason) => {
    expect(refusal(() => call(fn, ...args))).toBe(reason);
  });

  it("keep `__proto__` as a name in the objects they make", () => {
    const merged = call("merge", fromPairs([["__proto__", 1]]), { a: 2 });
    expect(call("keys", merged)).toEqual(["__proto__", "a"]);
    expect(call("items", call("from_items", [["__proto__", 1]]))).toEqual([["__proto__", 1]]);
  });
});

describe("functions of a list and an &expr", () => {
  const people: Value[] = [
    { name: "b", age: 30 },
    { name: "a", age: 20 },
    { name: "c", age: 30 },
    { age: 40 },
  ];
  const named = people.slice(0, 3);

  it("sort stably by what it gives", () => {
    expect(callBy("sort_by", named, byField("age"))).toEqual([people[1], people[0], people[2]]);
    expect(callBy("sort_by", named, byField("name"))).toEqual([people[1], people[0], people[2]]);
    expect(callBy("sort_by", [], byField("name"))).toEqual([]);
  });

  it("find the first of the greatest and of the least", () => {
    expect(callBy("max_by", named, byField("age"))).toBe(people[0]);
    expect(callBy("min_by", people, byField("age"))).toBe(people[1]);
    expect(callBy("max_by", [], byField("age"))).toBeNull();
  });

  it("group by strings and leave out null", () => {
    const groups = callBy("group_by", people, byField("name"));
    expect(groups).toEqual({ b: [people[0]], a: [people[1]], c: [people[2]] });
    expect(
      call(
        "keys",
        callBy("group_by", [1], () => "__proto__"),
      ),
    ).toEqual(["__proto__"]);
  });

  it("map and keep null", () => {
    expect(callBy("map", people, byField("name"))).toEqual(["b", "a", "c", null]);
  });

  it("refuse keys without an order and what is no list", () => {
    for (const fn of ["sort_by", "min_by", "max_by"] as const) {
      const reason = `invalid type for ${fn}()`;
      expect(refusal(() => callBy(fn, people, byField("name")))).toBe(reason);
      expect(refusal(() => callBy(fn, { a: 1 }, byField("name")))).toBe(reason);
    }
    const reason = "invalid type for group_by()";
    expect(refusal(() => callBy("group_by", people, byField("age")))).toBe(reason);
    expect(refusal(() => callBy("map", null, byField("a")))).toBe("invalid type for map()");
  });
});

function fromPairs(pairs: readonly [string, Value][]): RecordValue {
  const record: RecordValue = {};
  for (const [name, value] of pairs) setField(record, name, value);
  return record;
}
