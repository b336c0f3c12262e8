// A record that no sink can take is put aside once, wherever in the chain it grew too large, and all others go on.

import { expect, it } from "vitest";
import { VALUE_BYTES_MAX } from "../../runtime/eval/cbor-encode.ts";
import { madeItems } from "../support/made-events.ts";
import { runItems } from "../support/run-plan.ts";

const TEXT_BYTES = 900_000;
const COPIES = Math.ceil(VALUE_BYTES_MAX / TEXT_BYTES);
const DID = "did:plc:ewvi7nxzyoun6zhxrhs64oiz";
const NAMES = Array.from({ length: COPIES }, (_, i) => `c${i}`);

const CHAINS = {
  "a map": `|> map { n, ${NAMES.map((name) => `${name}: text`).join(", ")} }`,
  "a map behind maps": `|> map { n, text } |> map { n, text }
    |> map { n, ${NAMES.map((name) => `${name}: text`).join(", ")} }`,
  lets: NAMES.map((name) => `|> let ${name} = text`).join("\n"),
} as const;

it.each(Object.entries(CHAINS))(
  "counts a record once that %s made too large for the sink",
  (_, chain) => {
    const events = [1, 2, 3].map((n) => ({
      did: DID,
      timeMs: 1_780_000_000_000 + n,
      record: { n, text: n === 2 ? "x".repeat(TEXT_BYTES) : "x" },
    }));
    const { topics, counters } = runItems(
      `pipeline grown {
      from firehose('com.example.post')
      |> map { n: record.n, text: record.text }
      ${chain}
      |> to topic('grown')
    }`,
      madeItems(events),
    );
    expect(topics.get("grown")?.map(({ n }) => n)).toEqual([1, 3]);
    const total = (name: "out" | "deadLetters") =>
      counters.reduce((sum, one) => sum + one[name], 0);
    expect([total("out"), total("deadLetters")]).toEqual([2, 1]);
    expect([...topics].find(([name]) => name !== "grown")?.[1]).toMatchObject([
      { reason: "value too large", op: "sink", record: { n: 2 } },
    ]);
  },
);

it("goes on with the rest of a list behind an element that it made too large", () => {
  const { topics, counters } = runItems(
    `pipeline grown {
      from firehose('com.example.post')
      |> map { texts: record.texts }
      |> unnest texts as text
      |> map { n: length(text), ${NAMES.map((name) => `${name}: text`).join(", ")} }
      |> to topic('grown')
    }`,
    madeItems([
      {
        did: DID,
        timeMs: 1_780_000_000_000,
        record: { texts: ["a", "x".repeat(TEXT_BYTES), "bcd", ""] },
      },
    ]),
  );
  expect(topics.get("grown")?.map(({ n }) => n)).toEqual([1, 3, 0]);
  expect(counters.reduce((sum, { deadLetters }) => sum + deadLetters, 0)).toBe(1);
});
