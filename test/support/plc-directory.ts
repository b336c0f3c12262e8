// A stand-in for a PLC directory: documents and audit logs that a test changes, over HTTP on loopback.

import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Keypair } from "@atproto/crypto";
import { auditLog, type LogStep } from "../../shuffler/testing/plc-log.ts";
import { didDocument } from "../../shuffler/testing/signed-commits.ts";

export class PlcDirectory implements AsyncDisposable {
  readonly #steps = new Map<string, readonly LogStep[]>();
  readonly #server = createServer((request, response) => this.#answer(request.url ?? "", response));
  /** Whether it has logs: a mirror may have documents only. */
  hasLogs = true;
  /** Whether it answers at all. */
  isDown = false;
  /** Requests so far. */
  asked = 0;

  static async start(): Promise<PlcDirectory> {
    const directory = new PlcDirectory();
    await new Promise<void>((listening) =>
      directory.#server.listen(0, "127.0.0.1", () => listening()),
    );
    return directory;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`; // It listens on TCP.
  }

  have(did: string, steps: readonly LogStep[]): void {
    this.#steps.set(did, steps);
  }

  #answer(path: string, response: ServerResponse): void {
    this.asked += 1;
    const [, did = "", ...rest] = path.split("/");
    const steps = this.#steps.get(did);
    const isLog = rest.join("/") === "log/audit";
    if (this.isDown) response.writeHead(503).end();
    else if (steps === undefined || (isLog && !this.hasLogs)) response.writeHead(404).end();
    else response.end(JSON.stringify(isLog ? auditLog(did, steps) : documentOf(did, steps)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }
}

function documentOf(did: string, steps: readonly LogStep[]): unknown {
  const valid = steps.filter(({ nullified }) => nullified !== true);
  const key: Keypair | null = valid.at(-1)?.key ?? null;
  return key === null ? { id: did } : didDocument(did, key);
}
