// DID documents out of a JSON file, `{"did:…": document}`: for recordings, tests and closed networks.

import { readFile } from "node:fs/promises";
import { z } from "zod";
import { SourceError } from "../sources/source.ts";
import type { DidResolver } from "../verify/key-cache.ts";

const documents = z.record(z.string(), z.unknown());

/** @throws SourceError when the file is not there or not what it should be */
export async function openDidFile(path: string): Promise<DidResolver> {
  const byDid = new Map(Object.entries(await readDocuments(path)));
  return { resolve: async (did) => byDid.get(did) ?? null };
}

async function readDocuments(path: string): Promise<Record<string, unknown>> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new SourceError("source_missing", `cannot read ${path}`, cause);
  }
  try {
    return documents.parse(JSON.parse(text));
  } catch (cause) {
    throw new SourceError("source_corrupt", `${path} is no JSON object of DID documents`, cause);
  }
}
