// `fpaas pause` and `fpaas resume`: a paused pipeline keeps its place and its state.

import type { Command } from "commander";
import type { DeploymentState } from "../../plan/deployment.ts";
import { openBackend } from "../backend.ts";
import { type Context, type Finish, type NatsOptions, newNatsCommand } from "../context.ts";
import { findPipeline } from "../deployed.ts";
import { EXIT } from "../exit-codes.ts";

export function pauseCommand(context: Context, finish: Finish): Command {
  return stateCommand("pause", "stop a pipeline where it is", "paused", context, finish);
}

export function resumeCommand(context: Context, finish: Finish): Command {
  return stateCommand("resume", "let a paused pipeline go on", "running", context, finish);
}

function stateCommand(
  name: string,
  text: string,
  state: DeploymentState,
  context: Context,
  finish: Finish,
): Command {
  return newNatsCommand(name, text)
    .argument("<pipeline>", "its name")
    .action(async (pipeline: string, options: NatsOptions) => {
      await setState(pipeline, state, options, context);
      finish(EXIT.ok);
    });
}

async function setState(
  pipeline: string,
  state: DeploymentState,
  options: NatsOptions,
  context: Context,
): Promise<void> {
  const { terminal } = context;
  await using backend = await openBackend(context, options, "refuse");
  const { deployment, revision } = await findPipeline(backend, pipeline);
  const changed = deployment.state !== state;
  if (changed) await backend.store.put({ ...deployment, state }, revision);
  if (options.json === true) await terminal.json({ pipeline, state, changed });
  else await terminal.data(`${pipeline}  ${changed ? state : `${state} already`}\n`);
}
