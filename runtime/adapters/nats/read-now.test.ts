import { expect, it } from "vitest";
import type { LogMessage } from "../../ports.ts";
import { LogUnavailable } from "../../ports.ts";
import { MemoryLog } from "../../testing/memory-log.ts";
import { readNow } from "./read-now.ts";

const STREAM = "FPL_0";
const SUBJECT = "a";

/** Answers the first question, is away from then on, and never delivers. */
class LostLog extends MemoryLog {
  #asked = 0;

  override async last(stream: string, subject: string): Promise<LogMessage | null> {
    this.#asked += 1;
    if (this.#asked > 1) throw new LogUnavailable("NATS does not answer");
    return await super.last(stream, subject);
  }
}

it("throws to its reader when the log is away for too long", async () => {
  const log = new LostLog();
  log.append(STREAM, { subject: SUBJECT, headers: new Map(), payload: new Uint8Array(1) });
  log.read = async function* (_stream, _subjects, _fromSeq, signal) {
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    yield* [];
  };
  const reading = readNow(log, STREAM, [SUBJECT]);
  await expect(reading.next()).rejects.toThrow(LogUnavailable);
});
