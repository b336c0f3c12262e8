// Command line of the simulated relay: writes a recording (and the DID documents to check it with).
//   node bench/simulated-relay/main.ts --seed 7 --events 5000 --minutes 30 --write out.frames.zst
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { createSimulatedNetwork, NETWORK_DEFAULTS, type NetworkOptions } from "./network.ts";
import { writeRecording } from "./recording.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: String(NETWORK_DEFAULTS.seed) },
    events: { type: "string", default: String(NETWORK_DEFAULTS.events) },
    minutes: { type: "string", default: String(NETWORK_DEFAULTS.durationMs / 60_000) },
    accounts: { type: "string", default: String(NETWORK_DEFAULTS.accounts) },
    write: { type: "string" },
    "did-documents": { type: "string" },
  },
});

const options: Partial<NetworkOptions> = {
  seed: Number(values.seed),
  events: Number(values.events),
  durationMs: Number(values.minutes) * 60_000,
  accounts: Number(values.accounts),
};
const network = await createSimulatedNetwork(options);
const frames: Uint8Array[] = [];
for await (const { bytes } of network.frames) frames.push(bytes);
if (values.write !== undefined) await writeRecording(values.write, frames);
const documentsPath = values["did-documents"];
if (documentsPath !== undefined) {
  await writeFile(documentsPath, JSON.stringify(network.didDocuments()));
}
console.error(`${frames.length} frames`);
