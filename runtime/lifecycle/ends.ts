// A source that was through before a stage begins again on it: the message that said so stands before the place
// where the stage goes on, and nobody says it twice. So it is told to the stage at its beginning.

import type { Deployment } from "../../plan/deployment.ts";
import { END_OF_TIME_MS } from "../../plan/event.ts";
import { FIREHOSE_STREAM, HEADER, watermarkSubject } from "../../plan/names.ts";
import type { Log, LogMessage } from "../ports.ts";

/** By partition of the firehose, the message that ended it, where what is read on stands behind that. */
export async function firehoseEnds(
  { firehosePartitions }: Deployment,
  startSeqs: readonly number[],
  log: Log,
): Promise<(LogMessage | null)[]> {
  const partitions = Array.from({ length: firehosePartitions }, (_, partition) => partition);
  return await Promise.all(
    partitions.map(async (partition) => {
      const last = await log.last(FIREHOSE_STREAM, watermarkSubject(partition));
      if (last === null || last.seq >= (startSeqs[partition] ?? 1)) return null;
      return Number(last.headers.get(HEADER.watermark)) === END_OF_TIME_MS ? last : null;
    }),
  );
}
