// Reads the records of topics, in the order of their stream.

import type { TopicAddress } from "../plan/deployment.ts";
import { bucketStream, topicSubject } from "../plan/names.ts";
import { stdoutTopic } from "../plan/plan.ts";
import { MalformedPayload } from "../runtime/eval/eval-error.ts";
import { decodeEach, Unreadable } from "../runtime/eval/items.ts";
import { toJson } from "../runtime/eval/json.ts";
import type { Value } from "../runtime/eval/values.ts";
import type { Log, LogMessage } from "../runtime/ports.ts";

/** A record and the topic it came on, as the user knows it. */
export type TopicRecord = { readonly topic: string; readonly record: Value };

/** What a message holds: records, and a line for each that cannot be read. */
export type TopicContents = {
  readonly records: readonly TopicRecord[];
  readonly unreadable: readonly string[];
};

/** The topics of one bucket stream, as subjects to read. */
export class TopicReader {
  readonly stream: string;
  readonly subjects: readonly string[];
  readonly #topicOf = new Map<string, string>();

  /** @param topics all in the same bucket */
  constructor(topics: ReadonlyMap<string, TopicAddress>) {
    const [first] = topics.values();
    if (first === undefined) throw new Error("invariant broken: no topic to read");
    this.stream = bucketStream(first.owner.bucket);
    for (const [topic, { owner, partitions }] of topics) {
      for (let i = 0; i < partitions; i += 1) {
        this.#topicOf.set(topicSubject(owner, topic, i), shownTopic(topic, owner.pipeline));
      }
    }
    this.subjects = [...this.#topicOf.keys()];
  }

  /** A record that cannot be read, as an older version may have written one, keeps none of the others back. */
  contentsOf({ subject, seq, payload }: LogMessage): TopicContents {
    const topic = this.#topicOf.get(subject) ?? subject;
    const records: TopicRecord[] = [];
    const unreadable: string[] = [];
    const tell = (what: string, { detail }: MalformedPayload): void => {
      unreadable.push(`${topic}: ${what} ${seq} of ${this.stream} cannot be read: ${detail}`);
    };
    try {
      for (const [i, one] of decodeEach(payload).entries()) {
        if (one instanceof Unreadable) tell(`record ${i + 1} in message`, one.error);
        else records.push({ topic, record: one });
      }
    } catch (error) {
      if (!(error instanceof MalformedPayload)) throw error;
      tell("message", error);
    }
    return { records, unreadable };
  }

  /** The last sequence on any of the subjects now; 0 when there is none. */
  async lastSeq(log: Log): Promise<number> {
    const last = await Promise.all(this.subjects.map((subject) => log.last(this.stream, subject)));
    return Math.max(0, ...last.map((message) => message?.seq ?? 0));
  }
}

/** One reader for each bucket stream the topics are spread over. */
export function readersOf(topics: ReadonlyMap<string, TopicAddress>): TopicReader[] {
  const byBucket = Map.groupBy(topics, ([, { owner }]) => owner.bucket);
  return [...byBucket.values()].map((some) => new TopicReader(new Map(some)));
}

/** The topic of `to stdout` has a name of its own inside; people know it as `stdout`. */
export function shownTopic(topic: string, pipeline: string): string {
  return topic === stdoutTopic(pipeline) ? "stdout" : topic;
}

/** A record as one line of JSON: the form of `run`, `tail --json` and `dev --json`. */
export function jsonLine({ topic, record }: TopicRecord): string {
  return `${JSON.stringify({ topic, record: toJson(record) })}\n`;
}
