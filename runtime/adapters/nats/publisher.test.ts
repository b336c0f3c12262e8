import { afterAll, beforeAll, expect, it } from "vitest";
import { FIREHOSE_STREAM } from "../../../plan/names.ts";
import { LogUnavailable } from "../../ports.ts";
import { MAX_PAYLOAD_BYTES } from "../nats-server/config.ts";
import { type Bench, NEVER, openBench } from "./bench.test-support.ts";
import { connectNats } from "./connect.ts";
import { NatsRefused } from "./errors.ts";
import { NatsPublisher, type Publication } from "./publisher.ts";

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(async () => {
  await bench[Symbol.asyncDispose]();
});

function publication(subject: string, id: string): Publication {
  const payload = Buffer.from(id);
  return { subject, msgId: `${subject}/${id}`, headers: new Map([["A", "b"]]), payload };
}

it("stores a message once and says when it was there already", async () => {
  await using publisher = new NatsPublisher(bench.nc);
  const one = { ...publication("atproto.firehose.00.once", "1"), relaySeq: 7 };
  const first = await publisher.publish(one);
  expect(first.duplicate).toBe(false);
  expect(await publisher.publish(one)).toEqual({ seq: first.seq, duplicate: true });
  const found = await bench.log.last(FIREHOSE_STREAM, one.subject);
  expect(found?.headers.get("A")).toBe("b");
  expect(found?.headers.get("Fpaas-Relay-Seq")).toBe("7");
  expect(found?.headers.get("Nats-Msg-Id")).toBe(one.msgId);
});

it("keeps no more in flight than it may", async () => {
  await using publisher = new NatsPublisher(bench.nc, { inFlightMax: 2 });
  const subject = "atproto.firehose.00.bounded";
  await publisher.enqueue(publication(subject, "1"));
  const second = await publisher.enqueue(publication(subject, "2"));
  let acked = false;
  void second.acked.then(() => {
    acked = true;
  });
  await publisher.enqueue(publication(subject, "3"));
  await publisher.enqueue(publication(subject, "4"));
  expect(acked).toBe(true);
  await publisher.idle();
  await publisher.idle();
});

it("throws a typed error for a message over the server's limit, and goes on", async () => {
  await using publisher = new NatsPublisher(bench.nc, { inFlightMax: 1 });
  const subject = "atproto.firehose.00.huge";
  const huge = { ...publication(subject, "1"), payload: new Uint8Array(MAX_PAYLOAD_BYTES + 1) };
  await expect(publisher.publish(huge)).rejects.toThrow(NatsRefused);
  await expect(publisher.publish(huge)).rejects.toMatchObject({ code: "nats_refused" });
  expect((await publisher.publish(publication(subject, "2"))).duplicate).toBe(false);
});

it("throws a typed error for a header that NATS cannot carry, and goes on", async () => {
  await using publisher = new NatsPublisher(bench.nc, { inFlightMax: 1 });
  const subject = "atproto.firehose.00.header";
  const bad = { ...publication(subject, "1"), headers: new Map([["bad name:", "x"]]) };
  await expect(publisher.publish(bad)).rejects.toThrow(NatsRefused);
  expect((await publisher.publish(publication(subject, "2"))).duplicate).toBe(false);
});

it("throws for messages it gives up when it is disposed of", async () => {
  const publisher = new NatsPublisher(bench.nc, { inFlightMax: 1 });
  const nobody = publication("nobody.listens", "1");
  const { acked } = await publisher.enqueue(nobody);
  const waiting = publisher.enqueue(nobody);
  const outcomes = Promise.allSettled([acked, waiting]);
  await publisher[Symbol.asyncDispose]();
  for (const outcome of await outcomes) {
    expect(outcome.status === "rejected" && outcome.reason).toBeInstanceOf(LogUnavailable);
  }
});

it("gives up when its connection is closed", async () => {
  const nc = await connectNats({ url: bench.nats.url, name: "test" });
  await using publisher = new NatsPublisher(nc);
  const publishing = publisher.publish(publication("nobody.listens", "1"));
  await nc.close();
  await expect(publishing).rejects.toThrow(LogUnavailable);
  const again = publisher.publish(publication("nobody.listens", "2"));
  await expect(again).rejects.toThrow(LogUnavailable);
});

it("stores every message once and in order over kill -9 of the server", async () => {
  const total = 6000;
  // Room for all: with less the sending below would wait for a server that it has yet to start again.
  await using publisher = new NatsPublisher(bench.nc, { inFlightMax: total });
  const subject = "atproto.firehose.01.outage";
  const acks: Promise<unknown>[] = [];
  for (let i = 0; i < total; i++) {
    acks.push((await publisher.enqueue(publication(subject, String(i)))).acked);
    if (i % 2000 === 1000) await bench.nats.crash();
    if (i % 2000 === 1100) await bench.nats.restart();
  }
  await Promise.all(acks);
  const seen: number[] = [];
  for await (const { payload } of bench.log.readAll(FIREHOSE_STREAM, [subject])) {
    seen.push(Number(new TextDecoder().decode(payload)));
  }
  expect(seen).toEqual(Array.from({ length: total }, (_, i) => i));
});

it("keeps the order when messages are turned away", async () => {
  await using publisher = new NatsPublisher(bench.nc);
  const acks: Promise<unknown>[] = [];
  const enqueue = async (from: number, to: number) => {
    for (let i = from; i < to; i++) {
      acks.push((await publisher.enqueue(publication("turned.away", String(i)))).acked);
    }
  };
  await enqueue(0, 100); // More than are sent at once.
  await new Promise(setImmediate); // Now all are sent,
  await bench.nc.flush(); // and turned away: nobody takes them.
  const jsm = await (await import("@nats-io/jetstream")).jetstreamManager(bench.nc);
  await jsm.streams.add({ name: "TURNED", subjects: ["turned.>"] });
  await enqueue(100, 200);
  await Promise.all(acks);
  const seen: number[] = [];
  for await (const { payload } of bench.log.readAll("TURNED", ["turned.away"])) {
    seen.push(Number(new TextDecoder().decode(payload)));
  }
  expect(seen).toEqual(Array.from({ length: 200 }, (_, i) => i));
});

it("waits for a stream that is not there yet", async () => {
  await using publisher = new NatsPublisher(bench.nc);
  const early = publisher.publish(publication("late.stream", "1"));
  const jsm = await (await import("@nats-io/jetstream")).jetstreamManager(bench.nc);
  await jsm.streams.add({ name: "LATE", subjects: ["late.>"] });
  expect((await early).seq).toBe(1);
  expect(await bench.log.commit("LATE", [{ ...publication("late.x", "2") }], NEVER)).toEqual({
    kind: "committed",
    lastSeq: 2,
  });
});
