// The frames of one connection to a relay as items: which are new, which come again, and what the relay has to say.

import { RelayDisconnected } from "../adapters/relay-socket.ts";
import { decodeFrame, peekSequence } from "../decode/frame.ts";
import { rejected } from "../decode/rejection.ts";
import { MEDIAN_EVENTS, RecentTimes } from "./recent-times.ts";
import { type RelayHost, SEEK_OVERLAP_MS, type Start } from "./relay-host.ts";
import type { RelayStats } from "./relay-stats.ts";
import { SeqMark, type SeqStep } from "./seq-mark.ts";
import type { Session, SourceItem, SourceNotice } from "./source.ts";

/** Errors of the protocol that are told apart. */
const FUTURE_CURSOR = "FutureCursor";
const OUTDATED_CURSOR = "OutdatedCursor";

export type SessionOptions = {
  readonly stats: RelayStats;
  readonly onNotice: (notice: SourceNotice) => void;
  /** Gets the frames that have a seq: the times of the last events. */
  readonly recent: RecentTimes;
};

export class SessionFrames {
  readonly #host: RelayHost;
  readonly #start: Start;
  readonly #session: Session;
  readonly #options: SessionOptions;
  readonly #mark: SeqMark;
  #isOutdated = false;
  /** The first event behind that warning, and the times of the first ones. */
  #outdated: { readonly firstSeq: number; readonly times: RecentTimes } | null = null;
  /** The frame that the mark stands at. */
  #marked: Uint8Array | null = null;
  /** Whether there was a frame with a seq. */
  hasEvents = false;

  constructor(host: RelayHost, start: Start, session: Session, options: SessionOptions) {
    this.#host = host;
    this.#start = start;
    this.#session = session;
    this.#options = options;
    this.#mark = new SeqMark(start.cursor, host.disbelieved);
  }

  /**
   * @returns the item, or nothing for a frame that was handed out on an earlier connection.
   * @throws RelayDisconnected when the relay has begun to count anew and does not say so, or when the mark is wrong.
   */
  take(raw: Uint8Array): SourceItem[] {
    const found = peekSequence(raw);
    if (found === null) {
      this.#hear(raw);
      return [this.#item(raw)];
    }
    const { seq, isKnown } = found;
    const isUnderstood = (): boolean => decodeFrame(raw).kind !== "rejected";
    if (!isKnown) {
      this.#mark.skip();
      this.#options.stats.unproven += 1;
      return [this.#item(raw)];
    }
    if (this.#mark.last === null && seq < (this.#start.cursor ?? 0) && isUnderstood()) {
      // It ought to have said so. Taken for what we have had already, its events would be left out.
      this.tellFuture();
      throw new RelayDisconnected(`seq ${seq} is below our cursor`);
    }
    if (this.#isOutdated) this.#tellOutdated(seq, raw);
    this.hasEvents = true;
    this.#options.recent.add(raw);
    return this.#step(raw, seq, isUnderstood);
  }

  /** The relay has not got as far as our cursor. */
  tellFuture(): void {
    this.#options.stats.futureCursors += 1;
    this.#host.noteFuture();
    const position = this.#start.cursor ?? 0;
    this.#options.onNotice({ kind: "cursor-future", host: this.#host.name, position });
  }

  #step(raw: Uint8Array, seq: number, isUnderstood: () => boolean): SourceItem[] {
    const step = this.#mark.take(seq, isUnderstood);
    switch (step.kind) {
      case "behind":
        if (!this.#isMended(raw, seq)) return [this.#outOfOrder(raw, seq)];
        this.#marked = raw;
        return [this.#item(raw)];
      case "unproven":
        this.#options.stats.unproven += 1;
        return [this.#item(raw)];
      case "wrong":
        this.#goBack(step);
        throw new RelayDisconnected(`frames came that seq ${step.seq} had left out`);
      case "on":
        return this.#taken(raw, seq, step.missed);
    }
  }

  /**
   * Whether the frame has the number of the last and is the same told right: that could not be read, or is another
   * telling of one revision, of which only who verifies it knows the true one.
   */
  #isMended(raw: Uint8Array, seq: number): boolean {
    if (seq !== this.#mark.last || this.#marked === null) return false;
    const [before, after] = [decodeFrame(this.#marked), decodeFrame(raw)];
    if (before.kind === "rejected" || after.kind === "rejected") return before.kind !== after.kind;
    if (before.kind !== "commit" || after.kind !== "commit") return false;
    const isOne = before.did === after.did && before.rev === after.rev;
    return isOne && Buffer.compare(this.#marked, raw) !== 0;
  }

  #taken(raw: Uint8Array, seq: number, missed: number): SourceItem[] {
    this.#marked = raw;
    if (missed > 0) this.#countGap(seq, missed);
    if (seq <= (this.#host.read ?? -1)) {
      this.#options.stats.repeated += 1;
      return [];
    }
    this.#host.noteRead(seq);
    return [this.#item(raw)];
  }

  /** Of numbers that we have had already, or looked for by time, none is missing. */
  #countGap(seq: number, missed: number): void {
    const { position, soughtMs } = this.#start;
    const had = Math.max(position ?? 0, this.#host.read ?? 0);
    if (seq <= had + 1 || (soughtMs !== null && this.#host.read === null)) return;
    const { stats, onNotice } = this.#options;
    stats.sequenceGaps += 1;
    stats.missedMax += Math.min(missed, seq - had - 1);
    if (stats.sequenceGaps === 1) {
      onNotice({ kind: "sequence-gap", host: this.#host.name, seq, missedMax: missed });
    }
  }

  #goBack({ seq, good, missed, gaps }: SeqStep & { readonly kind: "wrong" }): void {
    const { stats, onNotice } = this.#options;
    stats.wrongMarks += 1;
    if (missed > 0) {
      // What was taken for missing is there.
      stats.sequenceGaps = Math.max(0, stats.sequenceGaps - gaps);
      stats.missedMax = Math.max(0, stats.missedMax - missed);
    }
    this.#host.goBack(good, seq);
    onNotice({ kind: "mark-wrong", host: this.#host.name, seq, position: good });
  }

  #item(raw: Uint8Array): SourceItem {
    return { kind: "frame", position: this.#position(), raw, session: this.#session };
  }

  #outOfOrder(raw: Uint8Array, seq: number): SourceItem {
    this.#options.stats.outOfOrder += 1;
    const message = rejected("seq_order", `seq ${seq} is not above ${this.#mark.last}`);
    return { kind: "message", position: this.#position(), raw, session: this.#session, message };
  }

  #position(): number {
    return this.#mark.last ?? this.#host.read ?? this.#start.position ?? 0;
  }

  /** What the relay has to say itself. Anything else without a seq is refused and counted later. */
  #hear(raw: Uint8Array): void {
    const message = decodeFrame(raw);
    if (message.kind === "rejected") this.#mark.skip();
    if (message.kind !== "info" && message.kind !== "error") return;
    const hasCursor = (this.#start.cursor ?? 0) > 0;
    if (message.kind === "error" && message.name === FUTURE_CURSOR && hasCursor) {
      this.tellFuture();
      return;
    }
    if (message.kind === "info" && message.name === OUTDATED_CURSOR) this.#isOutdated = true;
    const kind = message.kind === "info" ? "relay-info" : "relay-error";
    this.#options.onNotice({ kind, name: message.name, message: message.message });
  }

  /**
   * Once the first event behind the warning is there; where a time was looked for once some more are, for any one
   * may have a wrong time. An overlap that is cut short loses nothing.
   */
  #tellOutdated(seq: number, raw: Uint8Array): void {
    const { soughtMs } = this.#start;
    this.#outdated ??= { firstSeq: seq, times: new RecentTimes() };
    const { firstSeq, times } = this.#outdated;
    times.add(raw);
    if (soughtMs !== null && times.count < MEDIAN_EVENTS) return;
    this.#isOutdated = false;
    const position = this.#start.position ?? 0;
    if (position === 0 || firstSeq <= position + 1) return; // 0 asks for all there is.
    if (soughtMs !== null && (times.medianMs ?? 0) <= soughtMs + SEEK_OVERLAP_MS) return;
    this.#options.stats.outdatedCursors += 1;
    this.#options.onNotice({
      kind: "cursor-outdated",
      host: this.#host.name,
      position,
      firstSeq,
    });
  }
}
