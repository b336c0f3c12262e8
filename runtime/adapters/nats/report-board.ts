// Reports of workers in a KV bucket whose entries expire.

import { type KV, Kvm } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/nats-core";
import { z } from "zod";
import { REPORTS_BUCKET } from "../../../plan/names.ts";
import type { ReportBoard, WorkerReport } from "../../reports.ts";
import { answered } from "./retry.ts";

const reportSchema: z.ZodType<WorkerReport> = z.object({
  worker: z.string(),
  tasks: z.record(
    z.string(),
    z.object({
      busy: z.number(),
      blocked: z.number(),
      blockedMs: z.number(),
      stateKeys: z.number(),
      stateBytes: z.number(),
    }),
  ),
});

export class NatsReportBoard implements ReportBoard {
  readonly #reports: KV;

  private constructor(reports: KV) {
    this.#reports = reports;
  }

  /** Opens the bucket that `ensureStreams` made. */
  static async open(connection: NatsConnection): Promise<NatsReportBoard> {
    return new NatsReportBoard(await new Kvm(connection).open(REPORTS_BUCKET));
  }

  /** @throws LogUnavailable in an outage */
  async publish(report: WorkerReport): Promise<void> {
    await answered(this.#reports.put(report.worker, JSON.stringify(report)));
  }

  async read(): Promise<WorkerReport[]> {
    const reports: WorkerReport[] = [];
    for await (const key of await this.#reports.keys()) {
      const entry = await this.#reports.get(key);
      // One of another release is left out: it is only to be looked at.
      const report = entry?.operation === "PUT" ? reportSchema.safeParse(entry.json()) : null;
      if (report?.success === true) reports.push(report.data);
    }
    return reports;
  }
}
