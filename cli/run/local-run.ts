// Drives plans over a source in this process, and counts what goes in and out.

import { didYouMean } from "../../compiler/diagnostics/suggest.ts";
import type { Plan } from "../../plan/plan.ts";
import { MAX_PAYLOAD_BYTES } from "../../runtime/adapters/nats-server/config.ts";
import type { Value } from "../../runtime/eval/values.ts";
import { eachRecord, type FirehoseMessage, PlanDriver } from "../../runtime/plan-driver.ts";
import { RepeatFilter } from "../../runtime/repeat-filter.ts";
import { eventsTotal, Shuffler, type ShufflerCounters } from "../../shuffler/shuffle.ts";
import type { RelayStats } from "../../shuffler/sources/relay-stats.ts";
import type { SourceItem } from "../../shuffler/sources/source.ts";
import type { TimedSource } from "../../shuffler/trusted-time/timed-source.ts";
import { CommandError, EXIT } from "../exit-codes.ts";
import { topicsRead } from "../programs.ts";
import { rejectedText, supersededText } from "../source.ts";
import { summaryLines } from "../summary.ts";
import { sumCounters } from "../task-progress.ts";
import { recordText, WINDOW_ROWS_MAX } from "../terminal/records.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { formatCount, plural } from "../terminal/units.ts";
import { jsonLine, shownTopic, type TopicRecord } from "../topic-reader.ts";

/** With so much to be written, that comes first. */
const WRITE_BYTES = 1024 * 1024;
/** About what a row of a table has. */
const ROW_BYTES = 200;

export type LocalRunOptions = {
  readonly partitions: number;
  /** Records to print, at most. */
  readonly limit: number;
  /** The only topic to print; null prints all but dead letters. */
  readonly topic: string | null;
  /** Whether to print records for people, as `dev` does; else one line of JSON each. */
  readonly table: boolean;
  readonly terminal: Terminal;
  /** What is counted at the relay; null for a file. */
  readonly relay: RelayStats | null;
};

export class LocalRun {
  readonly #options: LocalRunOptions;
  readonly #source: TimedSource;
  readonly #shuffler: Shuffler;
  readonly #repeats = new RepeatFilter();
  readonly #driver: PlanDriver;
  /** Topic → the name to print; what is not in there is only counted. */
  readonly #shown: ReadonlyMap<string, string>;
  readonly #counts = new Map<string, number>();
  /** Lines that are not written yet, or the records of the table; and about their code units. */
  #lines: string[] = [];
  #rows: TopicRecord[] = [];
  #lineBytes = 0;
  #printed = 0;
  readonly #startMs = performance.now();

  /** @throws CommandError when a topic is asked for or read that no plan writes */
  constructor(plans: readonly Plan[], source: TimedSource, options: LocalRunOptions) {
    requireTopics(plans);
    this.#options = options;
    this.#source = source;
    this.#shown = shownTopics(plans, options.topic);
    this.#shuffler = new Shuffler({
      partitions: options.partitions,
      maxPayloadBytes: MAX_PAYLOAD_BYTES,
      relay: source.name,
      onFirstRejected: (one) => options.terminal.say(rejectedText(one)),
      onFirstSuperseded: (state) => options.terminal.say(supersededText(state)),
    });
    this.#driver = new PlanDriver(
      plans,
      options.partitions,
      eachRecord((topic, record) => this.#take(topic, record)),
    );
  }

  /**
   * Runs to the end of the source, which closes all windows, or to the limit.
   * @param end ends the source early; windows close all the same. A live source is to end itself at this signal:
   * what it gives until then has come, and counts
   * @param stop ends everything at once, windows stay open
   */
  async run(end: AbortSignal, stop: AbortSignal): Promise<void> {
    const { live } = this.#source;
    for await (const items of this.#source.batches()) {
      if (stop.aborted) return;
      if (end.aborted && !live) break;
      await this.#push(items, stop);
      if (this.#full || stop.aborted) return;
      this.#options.terminal.progress(this.#progress());
    }
    if (stop.aborted) return;
    for (const message of this.#shuffler.closeWindows()) await this.#drive(message);
    await this.#print();
  }

  get counters(): ShufflerCounters {
    return this.#shuffler.counters;
  }

  /**
   * Lines for people: events, records, what was dropped and why.
   * @param cidMismatches as the source has counted them
   */
  summary(cidMismatches: number): string[] {
    return summaryLines({
      events: eventsTotal(this.#shuffler.counters),
      repeated: this.#repeats.repeated,
      superseded: this.#shuffler.counters.superseded,
      relay: this.#options.relay,
      rejected: this.#shuffler.counters.rejected,
      cidMismatches,
      times: this.#source.stats,
      topics: this.#counts,
      counters: sumCounters(this.#driver.counters()),
      elapsedMs: performance.now() - this.#startMs,
    });
  }

  async #push(items: readonly SourceItem[], stop: AbortSignal): Promise<void> {
    for (const item of items) {
      for (const message of this.#shuffler.push(item)) {
        if (!this.#repeats.admits(message)) continue;
        const rest = this.#drive(message);
        if (rest !== null) await rest;
        if (this.#full) return await this.#write();
      }
    }
    await this.#print();
    // A run of batches is one run of microtasks: let signals and timers in.
    if (!stop.aborted) await new Promise((resolve) => setImmediate(resolve));
  }

  /** @returns null when the message is through, as nearly all are: then there is nothing to wait for */
  #drive(message: FirehoseMessage): Promise<void> | null {
    const rest = this.#driver.begin(message);
    return rest === null ? null : this.#goThrough(rest);
  }

  /** One event may have more results than fit in memory. */
  async #goThrough(rounds: Iterable<void>): Promise<void> {
    for (const _ of rounds) {
      if (this.#lineBytes >= WRITE_BYTES) await this.#write();
      if (this.#full) return;
    }
  }

  async #print(): Promise<void> {
    await this.#goThrough(this.#driver.flushing());
    await this.#write();
  }

  async #write(): Promise<void> {
    const [lines, rows] = [this.#lines, this.#rows];
    this.#lines = [];
    this.#rows = [];
    this.#lineBytes = 0;
    if (lines.length > 0) await this.#options.terminal.data(lines.join(""));
    if (rows.length > 0) await this.#options.terminal.data(this.#tableOf(rows));
  }

  #tableOf(rows: readonly TopicRecord[]): string {
    const paint = this.#options.terminal.paintOut;
    return recordText(rows, { paint, withTopic: this.#shown.size > 1, rowsMax: WINDOW_ROWS_MAX });
  }

  get #full(): boolean {
    return this.#printed >= this.#options.limit;
  }

  #take(topic: string, record: Value): void {
    const name = this.#shown.get(topic);
    if (name === undefined || this.#full) {
      if (!this.#full) this.#counts.set(topic, (this.#counts.get(topic) ?? 0) + 1);
      return;
    }
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
    this.#printed += 1;
    if (this.#options.table) {
      this.#rows.push({ topic: name, record });
      this.#lineBytes += ROW_BYTES;
      return;
    }
    const line = jsonLine({ topic: name, record });
    this.#lines.push(line);
    this.#lineBytes += line.length;
  }

  #progress(): string {
    const events = eventsTotal(this.#shuffler.counters);
    return `${formatCount(events)} events in, ${plural(this.#printed, "record")} out`;
  }
}

/** All topics but dead letters; or the one asked for. */
function shownTopics(plans: readonly Plan[], only: string | null): Map<string, string> {
  const all = plans.flatMap(({ pipeline, topics }) =>
    topics.map(({ name, role }) => ({ name, shown: shownTopic(name, pipeline), role })),
  );
  const wanted = all.filter(({ name, shown, role }) =>
    only === null ? role !== "dead-letters" : only === name || only === shown,
  );
  if (only !== null && wanted.length === 0) {
    const hint = didYouMean(
      only,
      all.map(({ shown }) => shown),
    );
    throw new CommandError(EXIT.notFound, `no pipeline of the file writes topic ${only}${hint}`);
  }
  return new Map(wanted.map(({ name, shown }) => [name, shown]));
}

function requireTopics(plans: readonly Plan[]): void {
  const written = plans.flatMap(({ topics }) => topics.map(({ name }) => name));
  for (const plan of plans) {
    for (const topic of topicsRead(plan)) {
      if (written.includes(topic)) continue;
      throw new CommandError(
        EXIT.notFound,
        `${plan.pipeline} reads topic ${topic}, which no pipeline of the file writes${didYouMean(topic, written)}`,
        "`run` has no server: put the pipeline that writes it into the same file, or use `fpaas dev`",
      );
    }
  }
}
