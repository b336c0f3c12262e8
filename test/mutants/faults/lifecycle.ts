// Faults of deploying: the fence, the handover, ownership, what is kept from one version to the next.

import type { Mutant } from "../mutant.ts";

const REDEPLOY = ["runtime/lifecycle/redeploy.test.ts"];
const CRASH = ["test/simulation/crash.test.ts"];

export const LIFECYCLE_FAULTS: readonly Mutant[] = [
  {
    file: "runtime/lifecycle/handover.ts",
    find: "if (last === null || (await write(stream, messageFor(last), log))) return;",
    replace:
      "if (last === null || (await write(stream, messageFor(last), log)) || tries > 0) return;",
    suite: ["runtime/lifecycle/handover.test.ts"],
    why: "a task that commits just then is not fenced",
  },
  {
    file: "runtime/lifecycle/handover.ts",
    find: "return checkpointMessage(at, checkpoint, last.seq);",
    replace:
      "return { ...checkpointMessage(at, checkpoint, last.seq), expectedLastSeq: undefined } as never;",
    suite: ["runtime/lifecycle/handover.test.ts"],
    why: "a commit between the look and the fence is undone",
  },
  {
    file: "runtime/lifecycle/handover.ts",
    find: "partition < was ? Math.max(startSeqs[partition] ?? 1, inSeq + 1) : 1,",
    replace: "partition < was ? Math.max(startSeqs[partition] ?? 1, inSeq + 1) : inSeq + 1,",
    suite: ["runtime/lifecycle/handover.test.ts"],
    why: "the first records of a partition that a topic has gained are not read",
  },
  {
    file: "runtime/lifecycle/positions.ts",
    find: "positions[partition] = Math.max(startSeq, (checkpoint.inSeqs[index] ?? 0) + 1);",
    replace: "positions[partition] = Math.max(startSeq, checkpoint.inSeqs[index] ?? 0);",
    suite: ["runtime/lifecycle/handover.test.ts"],
    why: "the last record of a version is processed by the next one too",
  },
  {
    file: "runtime/lifecycle/handover.ts",
    find: "if (found !== null && decodeCheckpoint(found.payload).deployment === checkpoint.deployment)",
    replace: "if (found === null)",
    suite: CRASH,
    why: "a deploy that was cut short cannot be finished",
  },
  {
    file: "runtime/lifecycle/handover.ts",
    find: "await overwriteLast(at, (last) => tombstoneMessage(at, last.seq), log);",
    replace: "await log.last(at.stream, at.checkpoint);",
    suite: ["runtime/lifecycle/handover.test.ts"],
    why: "a task of a deleted pipeline goes on writing",
  },
  {
    file: "runtime/deploy.ts",
    find: "lineages[stage] = lineage ?? newLineage(version, stage);",
    replace: "lineages[stage] = newLineage(version, stage);",
    suite: CRASH,
    why: "no state is kept from one version to the next",
  },
  {
    file: "runtime/deploy.ts",
    find: "const version = 1 + (old?.version ?? (await lastVersion(address, target.log)));",
    replace: "const version = 1 + (old?.version ?? 0);",
    suite: ["runtime/deploy.test.ts"],
    why: "a version number is used again while tasks of the first may be alive",
  },
  {
    file: "runtime/deploy.ts",
    find: 'if (stored?.deployment.state === "deleting") {',
    replace: 'if (stored?.deployment.state === "paused") {',
    suite: CRASH,
    why: "a delete that was cut short is not finished by the next deploy",
  },
  {
    file: "runtime/deploy.ts",
    find: "return stored?.deployment.handover === undefined ? stored : await settle(stored, target);",
    replace: "return stored;",
    suite: [...CRASH, ...REDEPLOY],
    why: "a deploy that was cut short is not finished by the next",
  },
  {
    file: "runtime/deploy.ts",
    find: "const left = Object.values(old.lineages).filter((lineage) => !lineages.has(lineage));",
    replace: "const left = Object.values(old.lineages);",
    suite: CRASH,
    why: "the state that the new version goes on with is deleted",
  },
  {
    file: "runtime/lifecycle/topics.ts",
    find: "const partitions = Math.max(topic.partitions, was.get(topic.name) ?? 0);",
    replace: "const { partitions } = topic;",
    suite: [...REDEPLOY, "runtime/deploy.test.ts"],
    why: "a topic loses partitions that are not read to their end",
  },
  {
    file: "runtime/ownership.ts",
    find: "for (const worker of [...workers].sort()) {",
    replace: "for (const worker of workers.slice(1)) {",
    suite: ["runtime/ownership.test.ts"],
    why: "some tasks are run by no worker",
  },
  {
    file: "runtime/ownership.ts",
    find: "const weight = hash32(`${worker}\\n${task}`);",
    replace: "const weight = hash32(worker);",
    suite: ["runtime/ownership.test.ts"],
    why: "one worker runs everything",
  },
  {
    file: "runtime/worker.ts",
    find: "if (deployment?.deployedAtMs !== slot.deployment.deployedAtMs) slot.running.stop();",
    replace: "if (deployment === undefined) slot.running.stop();",
    suite: ["runtime/worker.test.ts"],
    why: "the task of a deleted pipeline runs in place of that of its successor",
  },
  {
    file: "runtime/lifecycle/ends.ts",
    find: "return readsFirehose(from) ? await firehoseEnds(deployment, startSeqs, log) : [];",
    replace: "return [];",
    suite: ["runtime/lifecycle/redeploy.test.ts"],
    why: "a stage that is rebuilt behind the end of its source waits for ever",
  },
  {
    file: "runtime/lifecycle/ends.ts",
    find: "return await topicEnds(input, deployment, from, fenced, log);",
    replace: "return [];",
    suite: ["runtime/lifecycle/redeploy.test.ts"],
    why: "a stage that is rebuilt behind the end of a topic waits for ever",
  },
  {
    file: "runtime/task/failure.ts",
    find: "return Math.min(RETRY_MS_MIN * 2 ** Math.min(streak - 1, 10), RETRY_MS_MAX);",
    replace: "return RETRY_MS_MIN * 2 ** Math.min(streak - 1, 10);",
    suite: ["runtime/worker.test.ts"],
    why: "a task that fails often is started again after hours",
  },
  {
    file: "plan/state-identity.ts",
    find: "return canonicalJson({ partitions: stage.partitions, op, inputs });",
    replace: "return canonicalJson({ op, inputs });",
    suite: ["plan/state-identity.test.ts"],
    why: "state is kept over a change of partitions, where its keys are elsewhere",
  },
  {
    file: "plan/partition.ts",
    find: "if (key.length !== pairs) h ^= scramble(key.charCodeAt(pairs));",
    replace: "if (key.length < pairs) h ^= scramble(key.charCodeAt(pairs));",
    suite: ["plan/partition.test.ts"],
    why: "a key moves to another partition with a new release",
  },
  {
    file: "plan/partition.ts",
    find: "const units = end - start + 1;",
    replace: "const units = end - start;",
    suite: ["plan/partition.test.ts"],
    why: "a key has two partitions, one as text and one as bytes",
  },
  {
    file: "plan/targets.ts",
    find: "return writers.reduce((sum, stage) => sum + stage.partitions, 0);",
    replace: "return writers.length;",
    suite: ["test/simulation/simulation.test.ts"],
    why: "a reader does not wait for the watermark of every producer",
  },
  {
    file: "plan/names.ts",
    find: "const match = /^v(\\d+)\\.([a-z0-9_-]+)\\.(\\d+)\\/(\\d+)$/.exec(header);",
    replace: "const match = /^v(\\d)\\.([a-z0-9_-]+)\\.(\\d+)\\/(\\d+)$/.exec(header);",
    suite: ["plan/names.test.ts"],
    why: "from version 10 on no producer is recognised, and no window closes",
  },
];
