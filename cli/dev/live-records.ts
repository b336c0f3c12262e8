// Prints the records of topics as they are committed, until told to stop, and then whatever is there
// still: what a clean stop has committed must not be missing from the output.

import type { TopicAddress } from "../../plan/deployment.ts";
import type { Log } from "../../runtime/ports.ts";
import { readersOf, type TopicReader, type TopicRecord } from "../topic-reader.ts";

export type LiveRecordsOptions = {
  readonly log: Log;
  readonly topics: ReadonlyMap<string, TopicAddress>;
  /** Called with the records of one message batch, in order. */
  readonly print: (records: readonly TopicRecord[]) => Promise<void>;
  /** Called with a line for each record that cannot be read. */
  readonly complain: (line: string) => void;
};

export class LiveRecords {
  readonly #options: LiveRecordsOptions;
  readonly #stop = new AbortController();
  readonly #tails: Tail[];
  readonly #ended: Promise<unknown>;

  /** Begins with what is committed from now on. */
  static async start(options: LiveRecordsOptions): Promise<LiveRecords> {
    const readers = readersOf(options.topics);
    const tails = readers.map(async (reader) => ({
      reader,
      seenSeq: await options.log.lastSeq(reader.stream),
    }));
    return new LiveRecords(options, await Promise.all(tails));
  }

  private constructor(options: LiveRecordsOptions, tails: Tail[]) {
    this.#options = options;
    this.#tails = tails;
    this.#ended = Promise.all(tails.map((tail) => this.#follow(tail)));
  }

  /** Prints everything committed by now, then ends. */
  async finish(): Promise<void> {
    for (const tail of this.#tails) await this.#catchUp(tail);
    this.#stop.abort();
    await this.#ended;
  }

  async #follow(tail: Tail): Promise<void> {
    const { log } = this.#options;
    const { stream, subjects } = tail.reader;
    for await (const batch of log.read(stream, subjects, tail.seenSeq + 1, this.#stop.signal)) {
      const contents = batch.map((message) => tail.reader.contentsOf(message));
      for (const line of contents.flatMap(({ unreadable }) => unreadable)) {
        this.#options.complain(line);
      }
      await this.#options.print(contents.flatMap(({ records }) => records));
      tail.seenSeq = batch.at(-1)?.seq ?? tail.seenSeq;
      tail.wake?.();
    }
  }

  async #catchUp(tail: Tail): Promise<void> {
    const lastSeq = await tail.reader.lastSeq(this.#options.log);
    while (tail.seenSeq < lastSeq) {
      const { promise, resolve } = Promise.withResolvers<void>();
      tail.wake = resolve;
      await promise;
    }
  }
}

/** One stream being read; `seenSeq` is the last sequence printed. */
type Tail = { readonly reader: TopicReader; seenSeq: number; wake?: () => void };
