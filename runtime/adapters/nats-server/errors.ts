// What can go wrong between "we need a nats-server" and a server that answers.

/** One way that was tried to get a nats-server, and why it gave none. */
export type Attempt = { readonly way: string; readonly reason: string };

/** Thrown when no usable nats-server is found and none can be fetched. Not worth retrying as is. */
export class NatsServerUnavailable extends Error {
  readonly code = "nats_server_unavailable";
  readonly attempts: readonly Attempt[];

  constructor(attempts: readonly Attempt[]) {
    super(unavailableMessage(attempts));
    this.attempts = attempts;
  }
}

/** Thrown when the server could not be started or ended at its start. `logTail` says why. */
export class NatsServerStartFailed extends Error {
  readonly code = "nats_server_start_failed";
  /** The last lines the server wrote; empty when it never ran. */
  readonly logTail: string;

  constructor(message: string, logTail: string, options?: ErrorOptions) {
    super(logTail === "" ? message : `${message}:\n${logTail}`, options);
    this.logTail = logTail;
  }
}

/** Thrown when a live process of ours runs a server on the same store. Retry once it has ended. */
export class NatsStoreInUse extends Error {
  readonly code = "nats_store_in_use";
  readonly pid: number;

  constructor(storeDir: string, pid: number) {
    super(
      `the NATS store ${storeDir} is in use by process ${pid}; stop that one or use another store`,
    );
    this.pid = pid;
  }
}

function unavailableMessage(attempts: readonly Attempt[]): string {
  return [
    "no nats-server to be had. Tried:",
    ...attempts.map(({ way, reason }) => `  - ${way}: ${reason}`),
    "Any one of these helps:",
    "  - install nats-server 2.15 or newer on PATH, or set NATS_SERVER_BIN to its path",
    "  - use a running server: --nats nats://host:4222, or NATS_URL",
    "  - run with internet access and a writable cache folder (XDG_CACHE_HOME or ~/.cache), so that",
    "    the official release can be downloaded",
    "  - on a Debian machine whose package mirror is reachable: install apt-get and dpkg-deb",
  ].join("\n");
}
