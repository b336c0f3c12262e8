// The lexicon com.atproto.sync.subscribeRepos read plainly: a schema for each message over a CBOR decoder of others, and
// nothing that is not written there.

import { Tag } from "cbor-x";
import { z } from "zod";
import { line, type Reading } from "./reading.ts";

const did = z.string().regex(/^did:[a-z]+:[a-zA-Z0-9._:%-]*[a-zA-Z0-9._-]$/);
const tid = z.string().regex(/^[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}$/);
const datetime = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/)
  .refine((text) => Number.isFinite(Date.parse(text)));
const handle = z.string().regex(/^([a-zA-Z0-9-]+\.)+[a-zA-Z]([a-zA-Z0-9-]*[a-zA-Z0-9])?$/);
const seq = z.union([z.int().nonnegative(), z.bigint().nonnegative()]);
const bytes = z.instanceof(Uint8Array);
/** A link as the decoder gives it: tag 42 around a zero and a CID. */
const link = z.custom<Tag>((value) => {
  const cid = value instanceof Tag && value.tag === 42 ? (value.value as unknown) : null; // any
  return cid instanceof Uint8Array && cid[0] === 0 && cid[1] === 1 && cid.length === 37;
});

const op = z.looseObject({
  action: z.enum(["create", "update", "delete"]),
  path: z.string().regex(/^[a-zA-Z0-9.-]+\.[a-zA-Z0-9]+\/[a-zA-Z0-9._:~-]{1,512}$/),
  cid: link.nullable(),
  prev: link.optional(),
});

const common = { seq, time: datetime };
const SCHEMAS = {
  "#commit": z.looseObject({
    ...common,
    repo: did,
    rebase: z.boolean(),
    tooBig: z.boolean(),
    commit: link,
    rev: tid,
    since: tid.nullable(),
    blocks: bytes,
    ops: z.array(op).max(200),
    blobs: z.array(link),
    prevData: link.optional(),
  }),
  "#sync": z.looseObject({ ...common, did, blocks: bytes, rev: z.string() }),
  "#identity": z.looseObject({ ...common, did, handle: handle.optional() }),
  "#account": z.looseObject({ ...common, did, active: z.boolean(), status: z.string().optional() }),
  "#info": z.looseObject({ name: z.string(), message: z.string().optional() }),
};

const frame = z.tuple([
  z.looseObject({
    op: z.literal(1),
    t: z.enum(["#commit", "#sync", "#identity", "#account", "#info"]),
  }),
  z.unknown(),
]);

/** @throws when something is otherwise than the lexicon has it */
export function plainReading(values: unknown): Reading {
  const [{ t }, body] = frame.parse(values);
  switch (t) {
    case "#commit": {
      const { repo, ops } = SCHEMAS[t].parse(body);
      return { events: ops.map(({ action, path }) => line(repo, action, path)), wrong: [] };
    }
    case "#sync":
    case "#identity":
    case "#account":
      return { events: [line(SCHEMAS[t].parse(body).did, t.slice(1), "")], wrong: [] };
    case "#info":
      SCHEMAS[t].parse(body);
      return { events: [], wrong: [] };
  }
}
