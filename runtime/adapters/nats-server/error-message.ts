// The text of whatever was thrown, with the system's own word where the error only wraps it.

/** `fetch failed (getaddrinfo ENOTFOUND host)`: the message, and its cause's message in brackets. */
export function errorMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  const hidden = cause instanceof Error && !error.message.includes(cause.message);
  return hidden ? `${error.message} (${cause.message})` : error.message;
}
