// Metrics that show a value kept elsewhere: read when they are scraped.

import { Counter, Gauge, type Registry } from "prom-client";

/** Kind, help text, and where to read the value; by name. */
export type Mirrored = Readonly<
  Record<string, readonly [kind: "counter" | "gauge", help: string, read: () => number]>
>;

export function mirror(registry: Registry, metrics: Mirrored): void {
  const registers = [registry];
  for (const [name, [kind, help, read]] of Object.entries(metrics)) {
    if (kind === "gauge") {
      const collect = (): void => gauge.set(read());
      const gauge = new Gauge({ name, help, registers, collect });
    } else {
      const collect = (): void => {
        counter.reset();
        counter.inc(read());
      };
      const counter = new Counter({ name, help, registers, collect });
    }
  }
}
