// What `fpaas status` asks beside checkpoints: how workers say their tasks are doing, and the relay's time.

import { END_OF_TIME_MS } from "../plan/event.ts";
import { FIREHOSE_STREAM, HEADER, watermarkSubject } from "../plan/names.ts";
import type { TaskActivity } from "../runtime/reports.ts";
import type { Backend } from "./backend.ts";

/** By task name. */
export type Activities = ReadonlyMap<string, TaskActivity & { readonly worker: string }>;

export async function activitiesOf({ reports }: Backend): Promise<Activities> {
  const found = new Map<string, TaskActivity & { readonly worker: string }>();
  for (const { worker, tasks } of await reports.read()) {
    for (const [task, activity] of Object.entries(tasks)) found.set(task, { ...activity, worker });
  }
  return found;
}

/** The greatest watermark of the firehose; null before the first, and when a recording is through. */
export async function relayTimeMs({ log, layout }: Backend): Promise<number | null> {
  const partitions = Array.from({ length: layout.partitions }, (_, partition) => partition);
  const last = await Promise.all(
    partitions.map((partition) => log.last(FIREHOSE_STREAM, watermarkSubject(partition))),
  );
  const times = last.map((message) => Number(message?.headers.get(HEADER.watermark) ?? Number.NaN));
  const known = times.filter((ms) => Number.isFinite(ms) && ms < END_OF_TIME_MS);
  return known.length === 0 ? null : Math.max(...known);
}
