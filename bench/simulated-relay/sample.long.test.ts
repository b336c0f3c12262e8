// That the bundled sample can be made again: thousands of commits are signed for it, which takes its time.
import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { createSimulatedNetwork } from "./network.ts";
import { decodeRecording } from "./recording.ts";

const SAMPLE_URL = new URL("../../examples/sample.frames.zst", import.meta.url);

it("the bundled sample is what the generator makes with its defaults", async () => {
  const frames = decodeRecording(await readFile(SAMPLE_URL));
  const network = await createSimulatedNetwork();
  let index = 0;
  for await (const { bytes } of network.frames) {
    if (!frames[index]?.equals(bytes)) throw new Error(`frame ${index} of the sample differs`);
    index += 1;
  }
  expect(index).toBe(frames.length);
});
