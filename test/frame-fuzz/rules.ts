// Why readers of a frame may differ: a table that is kept. What no line of it explains is a finding.

import type { Difference } from "./difference.ts";
import type { Reading } from "./reading.ts";
import { agree } from "./ways.ts";

export type Rule = { readonly why: string; readonly explains: (one: Difference) => boolean };

const isRefused = (one: Reading): boolean => "refused" in one;

/** Why a reader refuses all or some of a frame, each reason behind a space. */
function reasons(one: Reading): string {
  return ` ${"refused" in one ? one.refused : one.wrong.join(" ")}`;
}

const refuses = (one: Reading, pattern: RegExp): boolean => pattern.test(reasons(one));

/** What only a look into the blocks shows. */
const OF_BLOCKS = / (bad_car|bad_cid|missing_block|bad_record|bad_utf8)/;
/** What the lexicon has of a field's form. */
const OF_FORM = / (bad_(frame|time|seq|rev|did|collection|rkey|action|utf8|handle|cid))/;
/** What `@atproto/sync` refuses for all of a frame. */
const OF_SYNC = /CID|multihash|block|Incorrect length/i;
const PLAIN_FIELDS = /lexicon: (1\.)?(.*)/;
/** Fields that the lexicon calls deprecated, and ones that some hosts write a null into instead of leaving them out. */
const LENIENT = /^lexicon:( ?(1\.)?(rebase|tooBig|blobs|prevData|handle|status|ops\.\d+\.prev))+$/;

export const RULES: readonly Rule[] = [
  {
    why: "@atproto/sync looks at the form of no field, and not at those that it does not use",
    explains: ({ readings: { ours, sync, plain } }) =>
      refuses(ours, OF_FORM) && isRefused(plain) && (!isRefused(sync) || refuses(sync, OF_SYNC)),
  },
  {
    why: "the plain reading opens no blocks",
    explains: ({ readings: { ours, sync, plain } }) =>
      refuses(ours, OF_BLOCKS) && !isRefused(plain) && (isRefused(sync) || agree(ours, sync)),
  },
  {
    why: "cbor-x takes the last of two fields of one name, where two readers could take two values",
    explains: ({ readings: { ours, sync, plain } }) =>
      refuses(ours, / bad_frame/) && refuses(sync, /repeat map key/) && !isRefused(plain),
  },
  {
    why: "@atproto/sync hashes all blocks, and reads links in fields that nobody uses; we those that are published or proved",
    explains: ({ readings: { ours, sync, plain } }) => refuses(sync, OF_SYNC) && agree(ours, plain),
  },
  {
    why: "@atproto/sync reads a CAR up to where a block does not fit; we refuse one that is damaged",
    explains: ({ readings: { ours, sync, plain } }) =>
      refuses(ours, / bad_car/) && !isRefused(sync) && !isRefused(plain),
  },
  {
    why: "a CID that no block of a repo has, and one of what is deleted: the others do not look at these",
    explains: ({ readings: { ours, sync, plain } }) =>
      refuses(ours, / bad_cid/) && !isRefused(sync) && !isRefused(plain),
  },
  {
    why: "`prev` of a commit is in the lexicon no more; we check its type",
    explains: ({ how, readings: { ours, sync, plain } }) =>
      how.startsWith("a field") &&
      refuses(ours, / bad_frame/) &&
      !isRefused(sync) &&
      !isRefused(plain),
  },
  {
    why: "deprecated fields may be missing, and a null stands for a field that may be left out, as some hosts write it",
    explains: ({ readings: { ours, sync, plain } }) => {
      const [fields = ""] = PLAIN_FIELDS.exec(reasons(plain)) ?? [];
      const hasOtherReason = refuses(sync, OF_SYNC);
      return !isRefused(ours) && (agree(ours, sync) || hasOtherReason) && LENIENT.test(fields);
    },
  },
];
