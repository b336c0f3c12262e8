// Command line of the simulated relay: makes a network, or takes a recording, and writes it to a
// file or serves it as a relay until Ctrl-C.
//   node bench/simulated-relay/main.ts --seed 7 --events 5000 --minutes 30 --write out.frames.zst
//   node bench/simulated-relay/main.ts --read out.frames.zst --serve 2470 --rate 500
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { createSimulatedNetwork, NETWORK_DEFAULTS, type NetworkOptions } from "./network.ts";
import { readRecording, writeRecording } from "./recording.ts";
import { startSimulatedRelay } from "./relay-server.ts";

const MINUTE_MS = 60_000;

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: String(NETWORK_DEFAULTS.seed) },
    events: { type: "string", default: String(NETWORK_DEFAULTS.events) },
    minutes: { type: "string", default: String(NETWORK_DEFAULTS.durationMs / MINUTE_MS) },
    accounts: { type: "string", default: String(NETWORK_DEFAULTS.accounts) },
    read: { type: "string" },
    write: { type: "string" },
    "did-documents": { type: "string" },
    serve: { type: "string" },
    rate: { type: "string" },
  },
});

const frames = values.read === undefined ? await makeFrames() : await readRecording(values.read);
console.error(`${frames.length} frames`);
if (values.write !== undefined) await writeRecording(values.write, frames);
if (values.serve !== undefined) await serve(numberOf("serve", values.serve));

async function makeFrames(): Promise<Uint8Array[]> {
  const options: Partial<NetworkOptions> = {
    seed: numberOf("seed", values.seed),
    events: numberOf("events", values.events),
    durationMs: numberOf("minutes", values.minutes) * MINUTE_MS,
    accounts: numberOf("accounts", values.accounts),
  };
  const network = await createSimulatedNetwork(options);
  const made: Uint8Array[] = [];
  for await (const { bytes } of network.frames) made.push(bytes);
  const path = values["did-documents"];
  if (path !== undefined) await writeFile(path, JSON.stringify(network.didDocuments()));
  return made;
}

async function serve(port: number): Promise<void> {
  const eventsPerSecond = values.rate === undefined ? null : numberOf("rate", values.rate);
  await using relay = await startSimulatedRelay({ frames, port, eventsPerSecond });
  console.error(`simulated relay at ${relay.url}, Ctrl-C ends it`);
  await once(process, "SIGINT");
}

function numberOf(name: string, text: string): number {
  const number = Number(text);
  if (!Number.isFinite(number) || number < 0)
    throw new RangeError(`--${name} ${text}: not a number`);
  return number;
}
