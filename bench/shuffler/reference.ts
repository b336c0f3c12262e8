// The same frames through libraries that share no code with us: to count by, and to compare with.

import { IdResolver, MemoryCache } from "@atproto/identity";
import { cborToLex } from "@atproto/repo";
import {
  parseAccount,
  parseCommitAuthenticated,
  parseCommitUnauthenticated,
  parseSync,
} from "@atproto/sync";
import { decodeMultiple } from "cbor-x";
import { z } from "zod";
import type { DidResolver } from "../../shuffler/verify/key-cache.ts";

type CommitBody = Parameters<typeof parseCommitUnauthenticated>[0];
type SyncBody = Parameters<typeof parseSync>[0];
type AccountBody = Parameters<typeof parseAccount>[0];
type DidDocument = Parameters<MemoryCache["cacheDid"]>[1];

const frameSchema = z.tuple([
  z.object({ op: z.number(), t: z.string().optional() }),
  z.looseObject({ ops: z.array(z.unknown()).optional() }),
]);

/** Operations of commits, and one for each other message: by cbor-x. */
export function countReferenceEvents(frames: readonly Uint8Array[]): number {
  let events = 0;
  for (const frame of frames) {
    const [header, body] = frameSchema.parse(decodeMultiple(frame));
    if (header.t === "#commit") events += body.ops?.length ?? 0;
    else if (header.t !== "#info") events += 1;
  }
  return events;
}

/**
 * Events that `@atproto/sync` makes of the frames. An `#identity` counts as it is: what the library does with
 * it is a look-up of the handle in the network.
 * @param documents to verify signatures with; null reads without.
 */
export async function referenceEvents(
  frames: readonly Uint8Array[],
  documents: DidResolver | null,
): Promise<number> {
  const resolver = documents === null ? null : await offlineResolver(frames, documents);
  let events = 0;
  for (const frame of frames) {
    const type = typeOf(frame);
    const body = cborToLex(frame.subarray(headerBytes(type)));
    // The type says which body it is, and the library checks no more than we do here.
    if (type === "#commit") {
      const commit = body as CommitBody;
      const made =
        resolver === null
          ? await parseCommitUnauthenticated(commit)
          : await parseCommitAuthenticated(resolver, commit);
      events += made.length;
    } else if (type === "#sync") events += (await parseSync(body as SyncBody)) === null ? 0 : 1;
    else if (type === "#account") events += parseAccount(body as AccountBody) === null ? 0 : 1;
    else events += 1;
  }
  return events;
}

/** All documents in its cache, as after a while of running. */
async function offlineResolver(
  frames: readonly Uint8Array[],
  documents: DidResolver,
): Promise<IdResolver> {
  const didCache = new MemoryCache();
  for (const frame of frames) {
    if (typeOf(frame) !== "#commit") continue;
    const { repo } = cborToLex(frame.subarray(headerBytes("#commit"))) as CommitBody; // as above
    const document = await documents.resolve(repo);
    await didCache.cacheDid(repo, document as DidDocument); // the file holds documents
  }
  return new IdResolver({ didCache });
}

const TYPES = ["#commit", "#sync", "#identity", "#account"] as const;

/** The header is `{op: 1, t: type}` with the keys in this order: what the reference server writes. */
function typeOf(frame: Uint8Array): (typeof TYPES)[number] {
  const start = Buffer.from(frame.subarray(0, headerBytes("#identity"))).toString("latin1");
  const type = TYPES.find((one) => start.includes(one));
  if (type === undefined) throw new Error("a frame of another type");
  return type;
}

/** Map of two, "t", the type with its head, "op", 1. */
function headerBytes(type: (typeof TYPES)[number]): number {
  return 1 + 2 + 1 + type.length + 3 + 1;
}
