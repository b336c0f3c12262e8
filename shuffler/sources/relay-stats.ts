// What a source counts, for metrics and the final report. One object for the life of the source.

export type RelayStats = {
  /** Of a file of JSON: records that are not what their CIDs say, and were taken all the same. */
  cidMismatches: number;
  /** Whether a connection stands now. */
  connected: boolean;
  /** Wall-clock time up to which all that the relay has sent is here; null when more may be on its way. */
  quietMs: number | null;
  /** Connections that stood, and ended. */
  connections: number;
  disconnections: number;
  /** Changes to another relay of the list. */
  failovers: number;
  /** Cursors that the relay did not know yet, and that it knew no more. */
  futureCursors: number;
  outdatedCursors: number;
  /** Times a position was looked for by relay time. */
  soughtByTime: number;
  /** Frames a reconnect brought again, left out. */
  repeated: number;
  /** Frames with a seq not above the one before. */
  outOfOrder: number;
  /** Frames that did not count as how far the relay is: not understood, or too far ahead. */
  unproven: number;
  /** Times the place we had come to was wrong, and we went back. */
  wrongMarks: number;
  /** Places where a relay left numbers out, and how many frames that may be. */
  sequenceGaps: number;
  missedMax: number;
};

export function newRelayStats(): RelayStats {
  return {
    cidMismatches: 0,
    connected: false,
    quietMs: null,
    connections: 0,
    disconnections: 0,
    failovers: 0,
    futureCursors: 0,
    outdatedCursors: 0,
    soughtByTime: 0,
    repeated: 0,
    outOfOrder: 0,
    unproven: 0,
    wrongMarks: 0,
    sequenceGaps: 0,
    missedMax: 0,
  };
}
