// Deployments in the middle of everything: changed programs that give the same answer, rollbacks, pauses, and
// deployments that are killed. Whatever cuts one short, it is done again until it is through.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fpaas, fpaasInBackground } from "../../support/fpaas.ts";
import type { NastyProgram } from "./programs.ts";

/** The program as it is, or with another sink behind its main one. */
type Variant = "plain" | "more";

export type Change =
  | { readonly kind: "another sink"; readonly variant: Variant }
  | { readonly kind: "the same again" }
  | { readonly kind: "rollback" }
  | { readonly kind: "pause"; readonly pauseMs: number }
  | { readonly kind: "killed deploy"; readonly variant: Variant; readonly afterMs: number };

/** Tries of a command; NATS is away for seconds at a time. */
const TRIES_MAX = 60;
const RETRY_PAUSE_MS = 2000;

export class Deployments {
  readonly #folder: string;
  readonly #url: string;
  readonly #variants = new Map<string, Variant>();
  /** Commands that had to be given again. */
  retried = 0;

  constructor(folder: string, url: string) {
    this.#folder = folder;
    this.#url = url;
  }

  /** The variant that a change by `another sink` would come to. */
  otherVariant({ name, textWithMore }: NastyProgram): Variant {
    return textWithMore !== null && this.#variants.get(name) === "plain" ? "more" : "plain";
  }

  /** Whether the program sends its results to another topic too, just now. */
  hasMore({ name }: NastyProgram): boolean {
    return this.#variants.get(name) === "more";
  }

  async deploy(program: NastyProgram, variant: Variant): Promise<void> {
    await this.#untilDone(["deploy", await this.#write(program, variant)]);
    this.#variants.set(program.name, variant);
  }

  /** Makes the change and resolves when it is through; the answer is that of the same program. */
  async change(program: NastyProgram, change: Change): Promise<void> {
    switch (change.kind) {
      case "another sink":
        return await this.deploy(program, change.variant);
      case "the same again":
        return await this.deploy(program, this.#variants.get(program.name) ?? "plain");
      case "rollback":
        return await this.#rollBack(program);
      case "pause":
        return await this.#pause(program, change.pauseMs);
      case "killed deploy":
        return await this.#deployKilled(program, change.variant, change.afterMs);
    }
  }

  /**
   * The last pipeline of a program is the one with the main sink. One that has a single version has nothing to go
   * back to, and one cut short may stand still: a deploy of what is wanted ends both.
   */
  async #rollBack(program: NastyProgram): Promise<void> {
    const pipeline = program.pipelines.at(-1) ?? program.name;
    try {
      await this.#command(["rollback", pipeline]);
    } catch {
      this.retried += 1;
    }
    // What it went back to is known only by its text: the next deploy settles it.
    await this.deploy(program, this.#variants.get(program.name) ?? "plain");
  }

  async #pause(program: NastyProgram, pauseMs: number): Promise<void> {
    const pipeline = program.pipelines[0] ?? program.name;
    await this.#untilDone(["pause", pipeline]);
    await sleep(pauseMs);
    await this.#untilDone(["resume", pipeline]);
  }

  async #deployKilled(program: NastyProgram, variant: Variant, afterMs: number): Promise<void> {
    const file = await this.#write(program, variant);
    const running = fpaasInBackground(["deploy", file, "--nats", this.#url]);
    await Promise.race([sleep(afterMs), running.ended]);
    running.kill("SIGKILL");
    await running.ended;
    await this.deploy(program, variant);
  }

  async #write(program: NastyProgram, variant: Variant): Promise<string> {
    const file = join(this.#folder, `${program.name}.fpl`);
    const text = variant === "more" ? program.textWithMore : program.text;
    if (text === null) throw new Error(`${program.name} has no other sink`);
    await writeFile(file, text);
    return file;
  }

  /** @throws the last failure when it fails every time */
  async #untilDone(args: readonly string[]): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#command(args);
      } catch (error) {
        if (tries === TRIES_MAX) throw error;
      }
      this.retried += 1;
      await sleep(RETRY_PAUSE_MS);
    }
  }

  async #command(args: readonly string[]): Promise<void> {
    await fpaas([...args, "--nats", this.#url]);
  }
}
