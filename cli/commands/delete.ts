// `fpaas delete`: removes a pipeline with its topics, its state and everything it wrote.

import type { Command } from "commander";
import { DEFAULT_TENANT } from "../../plan/names.ts";
import { deletePipeline } from "../../runtime/deploy.ts";
import { type Backend, openBackend } from "../backend.ts";
import { type Context, type Finish, type NatsOptions, newNatsCommand } from "../context.ts";
import { findPipeline, listDeployments } from "../deployed.ts";
import { EXIT } from "../exit-codes.ts";
import { topicsRead } from "../programs.ts";
import type { Terminal } from "../terminal/terminal.ts";

export function deleteCommand(context: Context, finish: Finish): Command {
  return newNatsCommand("delete", "delete a pipeline, its topics and its state")
    .argument("<pipeline>", "its name")
    .action(async (pipeline: string, options: NatsOptions) => {
      await deleteOne(pipeline, options, context);
      finish(EXIT.ok);
    });
}

async function deleteOne(pipeline: string, options: NatsOptions, context: Context): Promise<void> {
  const { terminal } = context;
  await using backend = await openBackend(context, options, "refuse");
  const { deployment } = await findPipeline(backend, pipeline);
  const topics = deployment.plan.topics.map(({ name }) => name);
  await deletePipeline(DEFAULT_TENANT, pipeline, backend);
  for (const reader of await readersOf(backend, terminal, topics)) {
    terminal.complain(
      `warning: pipeline ${reader} reads a topic of ${pipeline} and gets nothing more`,
    );
  }
  if (options.json === true) await terminal.json({ pipeline, deleted: true, topics });
  else await terminal.data(`${pipeline}  deleted, with its topics ${topics.join(", ")}\n`);
}

async function readersOf(
  backend: Backend,
  terminal: Terminal,
  topics: readonly string[],
): Promise<string[]> {
  const deployments = await listDeployments(backend, terminal);
  return deployments
    .filter(({ plan }) => topicsRead(plan).some((topic) => topics.includes(topic)))
    .map(({ address }) => address.pipeline);
}
