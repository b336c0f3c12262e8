// `dev --watch`: on every save compiles again and deploys what compiles; what does not is shown, and the
// version before keeps running.

import { resolve } from "node:path";
import type { Context } from "../context.ts";
import { loadPlans } from "../programs.ts";
import { reportError } from "../report-error.ts";
import type { Session } from "./session.ts";
import { watchFiles } from "./watch.ts";

/** Runs until the signal aborts. Files imported by the program are not watched. */
export async function redeployOnSave(
  session: Session,
  files: readonly string[],
  params: readonly string[],
  context: Context,
  signal: AbortSignal,
): Promise<void> {
  const paths = files.map((file) => resolve(context.folder, file));
  await watchFiles(paths, () => redeploy(session, files, params, context), signal);
}

async function redeploy(
  session: Session,
  files: readonly string[],
  params: readonly string[],
  context: Context,
): Promise<void> {
  const { terminal } = context;
  try {
    const before = versions(session);
    const { plans, programs } = await loadPlans(files, params, context);
    await session.deploy(plans, programs);
    const now = versions(session);
    terminal.say(now === before ? `saved, no change: ${now}` : `deployed ${now}`);
  } catch (error) {
    reportError(error, context);
    terminal.say(`${versions(session)} keeps running`);
  }
}

function versions({ deployments }: Session): string {
  return deployments.map(({ address, version }) => `${address.pipeline} v${version}`).join(", ");
}
