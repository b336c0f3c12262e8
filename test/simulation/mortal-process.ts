// A process that dies at one place and never does anything again: all it can do goes through its ports, and
// from that moment on they refuse.

import { CRASH_POINTS, type CrashPoint, type CrashPoints } from "../../runtime/crash-points.ts";

/** A place, and its count within the run at which the process dies, from 1. */
export type CrashAt = { readonly point: CrashPoint; readonly ordinal: number };

/** As `npm run simulate -- --crash-at` takes it. */
export function printCrash({ point, ordinal }: CrashAt): string {
  return `${point}:${ordinal}`;
}

/** @throws RangeError when the text is not a crash as `printCrash` prints it */
export function parseCrash(text: string): CrashAt {
  const [, name, ordinal] = /^(.*):([1-9]\d*)$/.exec(text) ?? [];
  const point = CRASH_POINTS.find((one) => one === name);
  if (point === undefined) {
    throw new RangeError(
      `--crash-at ${text}: "name:ordinal", names are ${CRASH_POINTS.join("; ")}`,
    );
  }
  return { point, ordinal: Number(ordinal) };
}

/** Thrown by a port of a process that is dead. */
export class ProcessDied extends Error {
  readonly code = "process_died";
}

/** What the processes of one run have reached, and where one of them dies. */
export class Fate {
  readonly #at: CrashAt | null;
  readonly #reached = new Map<CrashPoint, number>();

  constructor(at: CrashAt | null) {
    this.#at = at;
  }

  /** How often each place was reached. */
  get reached(): ReadonlyMap<CrashPoint, number> {
    return this.#reached;
  }

  /** @returns whether the process that is there dies */
  reach(point: CrashPoint): boolean {
    const ordinal = (this.#reached.get(point) ?? 0) + 1;
    this.#reached.set(point, ordinal);
    return this.#at?.point === point && this.#at.ordinal === ordinal;
  }

  /** Whether the crash has happened; a run without one has had it. */
  get isOver(): boolean {
    return this.#at === null || (this.#reached.get(this.#at.point) ?? 0) >= this.#at.ordinal;
  }
}

export class MortalProcess implements CrashPoints {
  readonly #fate: Fate;
  readonly #death = new AbortController();

  constructor(fate: Fate) {
    this.#fate = fate;
  }

  /** Aborts when the process dies. */
  get death(): AbortSignal {
    return this.#death.signal;
  }

  at(point: CrashPoint): void {
    if (!this.death.aborted && this.#fate.reach(point)) this.#death.abort();
  }

  /** The port as this process has it: every call is refused once it is dead. */
  port<Port extends object>(port: Port): Port {
    return new Proxy(port, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== "function") return value;
        return (...args: unknown[]): unknown => {
          if (this.death.aborted) throw new ProcessDied(`${String(name)} after death`);
          return Reflect.apply(value, target, args);
        };
      },
    });
  }
}
