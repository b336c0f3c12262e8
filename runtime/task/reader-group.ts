// Tasks that read the firehose from about the same place, with one reader between them.
//
// Invariant: whatever a member wants through the group's position has been offered to it. A member that
// joins was itself at or beyond that position, or the group goes back to it: nothing is missed, and nobody is
// offered what it had.

import { FIREHOSE_STREAM } from "../../plan/names.ts";
import { type Clock, type Log, type LogMessage, LogUnavailable } from "../ports.ts";
import type { GroupMember } from "./group-member.ts";
import { isCovered, narrowestFilter } from "./narrowest-filter.ts";

/** How far ahead of a group one may be to wait for it: milliseconds of reading. */
export const MEETING_SEQS_MAX = 2048;
/** How long a group waits for a member that has no room, before it goes on without it. */
export const PATIENCE_MS = 2000;
/** Before reading, so that tasks which start together do. */
const GATHER_MS = 10;
/** Subjects of which is remembered who wants them: anybody can write collections of new names. */
export const SUBJECTS_MAX = 4096;
/**
 * Tasks that start one after the other, as those of a deploy or of a worker do, would read side by side for
 * as long as all of them have much to catch up on. So for this long a new group waits for whoever starts so
 * many sequences ahead, and goes back to whoever starts so many behind.
 */
export const STARTING_MS = 5000;
export const STARTING_SEQS_MAX = 100_000;

export class ReaderGroup {
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #groups: Set<ReaderGroup>;
  readonly #members = new Set<GroupMember>();
  #filter = "";
  /** Who wants a subject; most messages are on a few. */
  readonly #takers = new Map<string, readonly GroupMember[]>();
  #session = new AbortController();
  #position: number;
  readonly #startedMs: number;

  /** Starts a group for a member that has met none. */
  static start(log: Log, clock: Clock, groups: Set<ReaderGroup>, member: GroupMember): void {
    const group = new ReaderGroup(log, clock, groups, member.position);
    groups.add(group);
    group.add(member);
    void group.#run(); // Never rejects: its members are told.
  }

  private constructor(log: Log, clock: Clock, groups: Set<ReaderGroup>, position: number) {
    this.#log = log;
    this.#clock = clock;
    this.#groups = groups;
    this.#position = position;
    this.#startedMs = clock.now();
  }

  /** Whether a task that starts at `position` may join. */
  takesIn(position: number): boolean {
    if (this.isMetBy(position)) return true;
    const isNew = this.#clock.now() - this.#startedMs < STARTING_MS;
    return isNew && Math.abs(position - this.#position) <= STARTING_SEQS_MAX;
  }

  /** Whether one at `position` may join: it lacks nothing, and the group will be there in no time. */
  isMetBy(position: number): boolean {
    const aheadSeqs = position - this.#position;
    return aheadSeqs >= 0 && aheadSeqs <= MEETING_SEQS_MAX && this.#full().length === 0;
  }

  add(member: GroupMember): void {
    this.#members.add(member);
    this.#takers.clear();
    member.onEnd = () => this.#remove(member);
    if (member.position < this.#position) {
      this.#position = member.position;
      this.#session.abort();
    }
    if (!member.subjects.every((one) => isCovered(one, this.#filter))) this.#session.abort();
  }

  /** Reads with a narrower filter when that is enough now, and ends with the last member. */
  #remove(member: GroupMember): void {
    this.#delete(member);
    if (this.#members.size === 0 || this.#narrowest() !== this.#filter) this.#session.abort();
  }

  async #run(): Promise<void> {
    try {
      while (this.#members.size > 0) {
        await this.#clock.sleep(GATHER_MS);
        await this.#room();
        if (this.#members.size > 0) await this.#readSession();
      }
    } catch (error) {
      for (const member of this.#members) member.fail(error);
    } finally {
      this.#groups.delete(this);
    }
  }

  /** Reads until the filter changes, the last member leaves, or another group takes all of them in. */
  async #readSession(): Promise<void> {
    const session = new AbortController();
    this.#session = session;
    this.#filter = this.#narrowest();
    const from = this.#position + 1;
    const batches = this.#log.read(FIREHOSE_STREAM, [this.#filter], from, session.signal);
    for await (const batch of batches) {
      if (session.signal.aborted) return;
      this.#offer(batch);
      if (this.#join()) return;
      await this.#room();
      if (session.signal.aborted) return;
    }
    if (!session.signal.aborted) throw new LogUnavailable("the log has ended a read");
  }

  #offer(batch: readonly LogMessage[]): void {
    for (const message of batch) {
      for (const member of this.#takersOf(message.subject)) member.offer(message);
    }
    this.#position = batch.at(-1)?.seq ?? this.#position;
    for (const member of this.#members) member.reach(this.#position);
  }

  #takersOf(subject: string): readonly GroupMember[] {
    let takers = this.#takers.get(subject);
    if (takers === undefined) {
      takers = [...this.#members].filter((member) => member.wants(subject));
      if (this.#takers.size >= SUBJECTS_MAX) this.#takers.clear();
      this.#takers.set(subject, takers);
    }
    return takers;
  }

  /** Goes over into a group that is here too, or a little behind. */
  #join(): boolean {
    for (const other of this.#groups) {
      if (other === this || !other.isMetBy(this.#position)) continue;
      for (const member of this.#members) {
        this.#delete(member);
        other.add(member);
      }
      return true;
    }
    return false;
  }

  /** Waits until all members have room, but leaves behind those who hold up the others for too long. */
  async #room(): Promise<void> {
    for (let full = this.#full(); full.length > 0; full = this.#full()) {
      const over = new AbortController();
      const allHaveRoom = Promise.all(full.map((member) => member.room()));
      await Promise.race([allHaveRoom, this.#clock.sleep(PATIENCE_MS, over.signal)]);
      over.abort();
      const slow = this.#full();
      if (slow.length < this.#members.size) for (const member of slow) this.#leaveBehind(member);
    }
  }

  #full(): GroupMember[] {
    return [...this.#members].filter((member) => member.full);
  }

  #leaveBehind(member: GroupMember): void {
    this.#delete(member);
    ReaderGroup.start(this.#log, this.#clock, this.#groups, member);
  }

  #delete(member: GroupMember): void {
    this.#members.delete(member);
    this.#takers.clear();
  }

  #narrowest(): string {
    return narrowestFilter([...this.#members].flatMap(({ subjects }) => subjects));
  }
}
