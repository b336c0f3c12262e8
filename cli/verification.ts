// `--verify`, `--plc` and `--did-docs`: from what was asked for to a verifier. The libraries for signatures
// are loaded only when they are asked for.

import type { Command } from "commander";
import { systemClock } from "../runtime/adapters/system-clock.ts";
import type { EarlierKeyUse } from "../shuffler/verify/commit-keys.ts";
import type { DidResolver } from "../shuffler/verify/key-cache.ts";
import { VERIFY_LEVELS, type VerifyLevel } from "../shuffler/verify/level.ts";
import type { Verifier } from "../shuffler/verify/verifier.ts";
import type { Context } from "./context.ts";
import { CommandError, EXIT } from "./exit-codes.ts";

const PLC_DIRECTORY = "https://plc.directory";

export type VerifyOptions = {
  readonly verify: VerifyLevel;
  readonly plc: string;
  readonly didDocs?: string;
};

export function withVerifyOptions(command: Command): Command {
  return command
    .option("--verify <level>", VERIFY_LEVELS.join(", "), parseLevel, "none" as VerifyLevel)
    .option("--plc <url>", "the did:plc directory that --verify signature asks", PLC_DIRECTORY)
    .option("--did-docs <file>", "DID documents in JSON, instead of asking for them");
}

/**
 * Null at level `none`.
 * @param source what `--from` names: of the others only frames carry something to verify
 * @throws CommandError (usage), SourceError
 */
export async function openVerifier(
  { verify, plc, didDocs }: VerifyOptions,
  source: string,
  { terminal, signal }: Context,
): Promise<Verifier | null> {
  if (verify === "none") return null;
  if (!/^wss?:|\.frames(\.zst)?$/.test(source)) {
    throw new CommandError(EXIT.usage, `${source} carries no commits to verify`);
  }
  const verifier = await import("../shuffler/verify/verifier.ts");
  if (verify === "structure") return verifier.structureVerifier;
  const { KeyCache } = await import("../shuffler/verify/key-cache.ts");
  let waiting = 0;
  const onWaiting = (error: Error): void => {
    waiting += 1;
    // Doubling, so that an outage of hours is some lines.
    if (Number.isInteger(Math.log2(waiting))) {
      terminal.complain(`waiting for DID documents, asked ${waiting} times: ${error.message}`);
    }
  };
  const resolver = await openResolver(plc, didDocs);
  const isLive = /^wss?:/.test(source);
  return new verifier.SignatureVerifier(
    new KeyCache({ resolver, clock: systemClock, signal, onWaiting }),
    {
      nowMs: () => (isLive ? systemClock.now() : null),
      onFirstEarlier: (use) => terminal.say(earlierKeyText(use)),
    },
  );
}

function earlierKeyText({ did, rev, key: { untilMs, witness } }: EarlierKeyUse): string {
  const until = Number.isFinite(untilMs) ? ` until ${new Date(untilMs).toISOString()}` : "";
  const source = witness === "plc_log" ? "the directory's log" : "a document we had";
  return `commit ${rev} of ${did} is signed by an earlier key, valid${until} as ${source} says; more are only counted`;
}

async function openResolver(plc: string, didDocs: string | undefined): Promise<DidResolver> {
  if (didDocs !== undefined) {
    return await (await import("../shuffler/adapters/did-file.ts")).openDidFile(didDocs);
  }
  if (!URL.canParse(plc) || !/^https?:/.test(plc)) {
    throw new CommandError(EXIT.usage, `\`${plc}\` is no http(s) URL`);
  }
  return (await import("../shuffler/adapters/did-directory.ts")).openDidDirectory(plc);
}

function parseLevel(text: string): VerifyLevel {
  const level = VERIFY_LEVELS.find((one) => one === text);
  if (level !== undefined) return level;
  throw new CommandError(EXIT.usage, `--verify ${text}: ${VERIFY_LEVELS.join(", ")} are possible`);
}
