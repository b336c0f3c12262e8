import type { Msg } from "@nats-io/transport-node";
import { expect, it } from "vitest";
import { readAck } from "./ack.ts";

it.each([
  // Said of the second of two equal messages while the first is on its way to the other nodes.
  { code: 409, err_code: 10158, description: "duplicate message id is in process", is: "unsure" },
  { code: 400, err_code: 10176, description: "batch publish is incomplete", is: "unsure" },
  { code: 503, err_code: 10008, description: "temporarily unavailable", is: "unsure" },
  { code: 400, err_code: 10071, description: "wrong last sequence: 3", is: "fenced" },
  { code: 400, err_code: 10054, description: "message size exceeds maximum", is: "refused" },
])("takes $description for $is", ({ is, ...error }) => {
  // Of a message the answer is all that is read.
  const string = () => JSON.stringify({ error });
  const message = { headers: undefined, string } as unknown as Msg;
  expect(readAck(message).kind).toBe(is);
});

it.each([
  [10158, true],
  [10176, undefined],
])("tells by %i whether the stream is busy with another copy: %s", (err_code, inProcess) => {
  const error = { code: 409, err_code, description: "not now" };
  const message = { headers: undefined, string: () => JSON.stringify({ error }) } as unknown as Msg;
  expect(readAck(message)).toMatchObject({ kind: "unsure", ...(inProcess && { inProcess }) });
  expect("inProcess" in readAck(message)).toBe(inProcess === true);
});
