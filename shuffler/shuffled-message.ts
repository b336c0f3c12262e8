// One message as it is to be published: what the shuffler makes of an event, a refusal, a watermark.

/**
 * `msgId` deduplicates; it goes out as the server's own header, and `relaySeq` as one of ours. Neither stands in
 * `headers`, which many messages share.
 */
export type ShuffledMessage = {
  readonly subject: string;
  /** At most 64 characters; the same content gives the same id, whichever relay or run it came by. */
  readonly msgId: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly payload: Uint8Array;
  /** Sequence number of the frame at its relay (its index in a recording). */
  readonly relaySeq: number;
};
