// What NATS can refuse. Outages are not here: they are retried, and `LogUnavailable` ends the retrying.

/** Thrown when the first connection fails. Retrying helps only once the server is up. */
export class NatsUnreachable extends Error {
  readonly code = "nats_unreachable";
}

/** Thrown when the server lacks something we need: too old, or without JetStream. Do not retry. */
export class NatsUnsupported extends Error {
  readonly code = "nats_unsupported";
}

/** Thrown when the server refuses a message for good, oversize for one. Do not retry. */
export class NatsRefused extends Error {
  readonly code = "nats_refused";
}

/** Thrown for a commit over the limits of one atomic batch. A bug of the caller, who has to split. */
export class CommitTooLarge extends Error {
  readonly code = "commit_too_large";
}
