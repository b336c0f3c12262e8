// Long runs of outages, for people and for nights; `npm test` has short ones of the same.
//   npm run outage -- nats-away --seconds 90 --rate 500
//   npm run outage -- two-relays --kills 20
//   npm run outage -- nats-away --seconds 20 --folder /a/disk/that/is/nearly/full
//   npm run outage -- leader-kills --seconds 180 --every 20

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { leaderKills } from "./leader-kills.ts";
import { natsAway } from "./nats-away.ts";
import { twoRelays } from "./two-relays.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: "string" },
    rate: { type: "string", default: "500" },
    memory: { type: "string", default: "16" },
    kills: { type: "string", default: "20" },
    every: { type: "string", default: "20" },
    seed: { type: "string", default: "1" },
    folder: { type: "string", default: tmpdir() },
  },
});

const folder = await mkdtemp(join(values.folder, "fpaas-outage-"));
try {
  const { log, ...figures } = await run(positionals[0] ?? "");
  console.log(log);
  console.log(JSON.stringify(figures, null, 2));
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function run(name: string) {
  const eventsPerSecond = Number(values.rate);
  switch (name) {
    case "nats-away":
      return await natsAway({
        awaySeconds: Number(values.seconds ?? 90),
        eventsPerSecond,
        memoryMegabytes: Number(values.memory),
        folder,
      });
    case "two-relays":
      return await twoRelays({
        kills: Number(values.kills),
        eventsPerSecond,
        seed: Number(values.seed),
        folder,
      });
    case "leader-kills":
      return await leaderKills({
        seconds: Number(values.seconds ?? 180),
        everySeconds: Number(values.every),
        eventsPerSecond,
        folder,
      });
    default:
      throw new Error("which? nats-away, two-relays or leader-kills");
  }
}
