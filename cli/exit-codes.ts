// What the process ends with, and which error means which code. The numbers are a contract with scripts.

/** Exit codes of every command. */
export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 2,
  invalidFile: 3,
  auth: 4,
  notFound: 5,
  conflict: 6,
  quota: 7,
  timeout: 8,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Thrown by a command that cannot go on, for the user to read: what and where, and what to do. */
export class CommandError extends Error {
  readonly code = "command_error";
  readonly exit: ExitCode;
  /** What to do about it. */
  readonly help: string | null;

  constructor(exit: ExitCode, message: string, help: string | null = null, options?: ErrorOptions) {
    super(message, options);
    this.exit = exit;
    this.help = help;
  }
}

/** The `code` of typed errors (ours, the NATS client's, the system's) → exit code. */
const EXIT_OF: Readonly<Record<string, ExitCode>> = {
  deployment_conflict: EXIT.conflict,
  topic_not_found: EXIT.notFound,
  too_many_partitions: EXIT.invalidFile,
  nats_store_in_use: EXIT.conflict,
  nats_server_unavailable: EXIT.failure,
  nats_server_start_failed: EXIT.failure,
  nats_unreachable: EXIT.failure,
  nats_unsupported: EXIT.failure,
  nats_refused: EXIT.failure,
  log_unavailable: EXIT.timeout,
  cursor_not_saved: EXIT.timeout,
  deployment_unreadable: EXIT.failure,
  invalid_plan: EXIT.failure,
  source_missing: EXIT.notFound,
  source_unknown: EXIT.usage,
  source_truncated: EXIT.invalidFile,
  source_corrupt: EXIT.invalidFile,
  recorder_failed: EXIT.failure,
  unknown_workload: EXIT.usage,
  wrong_answer: EXIT.failure,
  ENOENT: EXIT.notFound,
};

/** Names of the NATS client's errors that mean "not you". */
const AUTH_ERRORS = new Set(["AuthorizationError", "UserAuthenticationExpiredError"]);

/** The exit code for whatever a command threw. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommandError) return error.exit;
  for (let at = error; at instanceof Error; at = at.cause) {
    if (AUTH_ERRORS.has(at.name)) return EXIT.auth;
  }
  return EXIT_OF[codeOf(error) ?? ""] ?? EXIT.failure;
}

/** Whether the error is one we expect, and so tell without its stack. */
export function isExpected(error: unknown): boolean {
  return codeOf(error) !== null;
}

function codeOf(error: unknown): string | null {
  const typed = error instanceof Error && "code" in error;
  return typed && typeof error.code === "string" ? error.code : null;
}
