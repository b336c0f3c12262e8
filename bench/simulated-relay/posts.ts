// How the simulated accounts write posts: text in their language, hashtags, links, mentions,
// replies and quotes. Records have the shape of the app.bsky.feed.post lexicon.
import { cidForRecord } from "@atproto/repo";
import type { Account } from "./accounts.ts";
import type { Language } from "./languages.ts";
import type { PooledPost, PostRef } from "./post-pool.ts";
import { at, type Random, weightedDraw, zipfWeights } from "./random.ts";
import { RichText } from "./rich-text.ts";
import { claimedTime, createRecord, type Scene } from "./scene.ts";
import type { Cid, LexRecord, Write } from "./simulated-repo.ts";

export const POST = "app.bsky.feed.post";

/** A post and how others will find it. */
export type WrittenPost = { readonly write: Write; readonly pooled: PooledPost };

const REPLY_SHARE = 0.3;
const QUOTE_SHARE = 0.07;
const LINK_SHARE = 0.15;
const MENTION_SHARE = 0.08;
/** Higher than life, so that a small recording has trends. */
const HASHTAG_SHARE = 0.8;
const HASHTAGS_MAX = 4;
const OUTSIDE_TAG_SHARE = 0.06;
const NO_LANGS_SHARE = 0.07;
const TWO_LANGS_SHARE = 0.04;

const LINKS = "harbor-news weather-desk slowcooking trainspotter.club open-maps filmlab tiny-press"
  .split(" ")
  .flatMap((site) =>
    ["a-quiet-opening", "ten-small-things", "what-we-saw", "field-notes"].map(
      (page) => `https://${site}.example/2026/07/${page}`,
    ),
  );
const drawLink = weightedDraw(zipfWeights(LINKS.length, 1));

/** Writes a post; an answer to `parent`, or (null) what the account feels like. */
export async function writePost(
  scene: Scene,
  account: Account,
  parent: PooledPost | null,
): Promise<WrittenPost> {
  const { random } = scene;
  const answered = parent ?? drawParent(scene);
  const link = random.chance(LINK_SHARE) ? at(LINKS, drawLink(random)) : null;
  const rich = composeText(scene, account.language, link);
  const record: LexRecord = {
    text: rich.text,
    createdAt: claimedTime(scene),
    ...langsOf(random, account.language),
    ...(rich.facets.length > 0 && { facets: rich.facets }),
    ...(answered && { reply: { root: refOf(answered.root), parent: refOf(answered) } }),
    ...embedOf(scene, link),
    ...(random.chance(OUTSIDE_TAG_SHARE) && { tags: [scene.drawHashtag(random, scene.progress)] }),
  };
  return await finishPost(scene, account, record, answered);
}

async function finishPost(
  scene: Scene,
  account: Account,
  fields: LexRecord,
  parent: PooledPost | null,
): Promise<WrittenPost> {
  const record = { $type: POST, ...fields };
  const write = createRecord(scene, account, POST, record);
  const self = { uri: `at://${account.did}/${write.path}`, cid: await cidForRecord(record) };
  const author = { authorDid: account.did, authorHandle: account.handle };
  return { write, pooled: { ...self, ...author, root: parent?.root ?? self } };
}

function drawParent({ random, pool }: Scene): PooledPost | null {
  return pool.size > 0 && random.chance(REPLY_SHARE) ? pool.draw(random) : null;
}

function composeText(scene: Scene, language: Language, link: string | null): RichText {
  const { random } = scene;
  const rich = new RichText();
  if (random.chance(MENTION_SHARE)) {
    const mentioned = scene.drawAccount(random);
    rich.mention(mentioned.handle, mentioned.did);
  }
  rich.plain(sentenceOf(random, language));
  if (random.chance(0.3)) rich.plain(sentenceOf(random, language));
  if (link !== null) rich.link(link);
  for (const tag of drawHashtags(scene)) rich.tag(tag);
  return rich;
}

function sentenceOf(random: Random, { openings, subjects, endings, space }: Language): string {
  return [random.pick(openings), random.pick(subjects), random.pick(endings)].join(space);
}

function drawHashtags({ random, drawHashtag, progress }: Scene): Set<string> {
  if (!random.chance(HASHTAG_SHARE)) return new Set();
  const count = 1 + random.below(HASHTAGS_MAX);
  return new Set(Array.from({ length: count }, () => drawHashtag(random, progress)));
}

function langsOf(random: Random, { code }: Language): { langs?: string[] } {
  const draw = random.unit();
  if (draw < NO_LANGS_SHARE) return {};
  const isTwo = draw < NO_LANGS_SHARE + TWO_LANGS_SHARE && code !== "en";
  return { langs: isTwo ? [code, "en"] : [code] };
}

function embedOf({ random, pool }: Scene, link: string | null): LexRecord {
  if (link !== null) return { embed: externalEmbed(link) };
  if (pool.size === 0 || !random.chance(QUOTE_SHARE)) return {};
  const quoted = refOf(pool.draw(random));
  return { embed: { $type: "app.bsky.embed.record", record: quoted } };
}

function externalEmbed(uri: string): LexRecord {
  const title = (uri.split("/").at(-1) ?? uri).replaceAll("-", " ");
  const external = { uri, title, description: "" };
  return { $type: "app.bsky.embed.external", external };
}

export function refOf({ uri, cid }: PostRef): { uri: string; cid: Cid } {
  return { uri, cid };
}
