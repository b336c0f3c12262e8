import { expect, it } from "vitest";
import { LogUnavailable } from "../../ports.ts";
import { startTestNats } from "../../testing/nats.ts";
import { connectNats } from "./connect.ts";
import { NatsReportBoard } from "./report-board.ts";
import { ensureStreams } from "./streams.ts";

const REPORT = { worker: "worker-1", tasks: {} };

it("gives what a worker has published, and says an outage is one", async () => {
  await using nats = await startTestNats();
  const nc = await connectNats({ url: nats.url, name: "test" });
  await ensureStreams(nc, { buckets: 1, partitions: 2 });
  const board = await NatsReportBoard.open(nc);
  await board.publish(REPORT);
  expect(await board.read()).toEqual([REPORT]);
  await nats.crash();
  await expect(board.publish(REPORT)).rejects.toThrow(LogUnavailable);
  await nats.restart();
  await nc.close();
});
