// What evaluating an expression, or reading a message, throws: a mistake in the data or the program,
// never a bug of ours. The caller counts it by `reason` or sends the record to dead letters.

/**
 * Thrown while one record is evaluated. Do not retry: the same record gives the same error.
 * `reason` is a short stable text without data in it, fit for a counter; `detail` says more.
 */
export class EvaluationError extends Error {
  readonly code: string = "evaluation_error";
  readonly reason: string;
  readonly detail: string;

  constructor(reason: string, detail = reason) {
    super(reason === detail ? reason : `${reason}: ${detail}`);
    this.name = new.target.name;
    this.reason = reason;
    this.detail = detail;
  }
}

/** A payload that is not what it should be: not CBOR, or CBOR of the wrong shape. Do not retry. */
export class MalformedPayload extends EvaluationError {
  override readonly code = "malformed_payload";

  constructor(detail: string) {
    super("malformed payload", detail);
  }
}
