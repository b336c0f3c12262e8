// The end of a nasty run: every topic record by record, dead letters included.

import type { NatsConnection } from "../../../runtime/adapters/nats/connect.ts";
import { decodeRecords } from "../../../runtime/eval/codec.ts";
import { topicMessages } from "../stored.ts";
import { expectedOf, fingerprint } from "./expected.ts";
import { moreTopic, type NastyProgram, PROGRAMS } from "./programs.ts";
import type { Tally } from "./tally.ts";
import type { NastyEvent } from "./tape.ts";

export type Compared = {
  readonly tallies: readonly Tally[];
  /** Records compared, those of the firehose included. */
  readonly records: number;
};

/**
 * @param sent what the relay has sent
 * @param hasMore programs with another sink, whose topic holds the results since it was deployed
 */
export async function compareAll(
  connection: NatsConnection,
  sent: readonly NastyEvent[],
  hasMore: (program: NastyProgram) => boolean,
): Promise<Compared> {
  const { firehose, topics, judged } = await expectedOf(connection, sent);
  const taken = [firehose];
  const take = async (tally: Tally): Promise<void> => {
    for await (const { data } of topicMessages(connection, tally.topic)) {
      for (const record of decodeRecords(data)) tally.take(fingerprint(tally.topic, record));
    }
    taken.push(tally);
  };
  for (const program of PROGRAMS) {
    const letters = program.pipelines.map((pipeline) => `dlq.${pipeline}`);
    for (const topic of [...program.topics, ...letters]) await take(topics.of(topic));
    const [main] = program.topics;
    if (main === undefined || !hasMore(program)) continue;
    await take(topics.of(main).expectingTheSame(moreTopic(program.name)));
  }
  const records = taken.reduce((sum, { actual }) => sum + actual, 0);
  return { tallies: [...taken, ...judged], records };
}
