// What accounts do, and how often: the mix of the real network (July 2026), likes far ahead.
import type { Account } from "./accounts.ts";
import type { PooledPost } from "./post-pool.ts";
import { POST, refOf, writePost } from "./posts.ts";
import { at, weightedDraw } from "./random.ts";
import { claimedTime, createRecord, deleteRecord, type Scene } from "./scene.ts";
import type { LexRecord, Write } from "./simulated-repo.ts";

const LIKE = "app.bsky.feed.like";
const REPOST = "app.bsky.feed.repost";
const FOLLOW = "app.bsky.graph.follow";
const BLOCK = "app.bsky.graph.block";
const LIST = "app.bsky.graph.list";
const LIST_ITEM = "app.bsky.graph.listitem";
const PROFILE_PATH = "app.bsky.actor.profile/self";
/** A record type no reader knows: they must carry it along all the same. */
const FOREIGN = "test.simulated.bookshelf.entry";

const SUBJECT_TRIES_MAX = 8;

/** The changes of one commit, and the posts to show to the others once it is signed. */
export type Act = { readonly writes: readonly Write[]; readonly posts: readonly PooledPost[] };
type ActMaker = (scene: Scene, account: Account) => Act | Promise<Act>;

/** Share of the commits, in percent. */
const ACTS: readonly (readonly [percent: number, make: ActMaker])[] = [
  [67.8, like],
  [11.2, post],
  [9.7, (scene, account) => subjectAct(scene, account, REPOST)],
  [5.5, follow],
  [2.8, removal],
  [0.6, thread],
  [0.3, followMany],
  [1.0, changeProfile],
  [0.5, block],
  [0.4, makeList],
  [0.2, foreign],
];
const drawAct = weightedDraw(ACTS.map(([percent]) => percent));

/** One act of this account: never empty. */
export async function act(scene: Scene, account: Account): Promise<Act> {
  const [, make] = at(ACTS, drawAct(scene.random));
  return await make(scene, account);
}

/** What an account brings along from before the recording: a profile, and a few records. */
export async function actsOfThePast(scene: Scene, account: Account): Promise<Act> {
  const writes: Write[] = [profileWrite(scene, account, "create")];
  const posts: PooledPost[] = [];
  for (let count = scene.random.below(3); count > 0; count -= 1) {
    const made = await (scene.random.chance(0.7) ? post(scene, account) : like(scene, account));
    writes.push(...made.writes);
    posts.push(...made.posts);
  }
  writes.push(...followMany(scene, account).writes);
  return { writes, posts };
}

/** Only for an account with an empty repo: its first commit. */
export function firstAct(scene: Scene, account: Account): Act {
  return only(profileWrite(scene, account, "create"));
}

async function post(scene: Scene, account: Account): Promise<Act> {
  const { write, pooled } = await writePost(scene, account, null);
  return { writes: [write], posts: [pooled] };
}

async function thread(scene: Scene, account: Account): Promise<Act> {
  let last = await writePost(scene, account, null);
  const written = [last];
  for (let more = 1 + scene.random.below(3); more > 0; more -= 1) {
    last = await writePost(scene, account, last.pooled);
    written.push(last);
  }
  return { writes: written.map(({ write }) => write), posts: written.map(({ pooled }) => pooled) };
}

function like(scene: Scene, account: Account): Act | Promise<Act> {
  return subjectAct(scene, account, LIKE);
}

/** A like or a repost, of something not liked or reposted before; a post when nothing is left. */
function subjectAct(scene: Scene, account: Account, collection: string): Act | Promise<Act> {
  for (let tries = 0; tries < SUBJECT_TRIES_MAX && scene.pool.size > 0; tries += 1) {
    const subject = scene.pool.draw(scene.random);
    const mark = `${collection} ${subject.uri}`;
    if (account.subjects.has(mark)) continue;
    account.subjects.add(mark);
    const record = { subject: refOf(subject), createdAt: claimedTime(scene) };
    return only(createRecord(scene, account, collection, record));
  }
  return post(scene, account);
}

function follow(scene: Scene, account: Account): Act {
  return only(personRecord(scene, account, FOLLOW));
}

function block(scene: Scene, account: Account): Act {
  return only(personRecord(scene, account, BLOCK));
}

/** Several follows in one commit, as a starter pack makes them. */
function followMany(scene: Scene, account: Account): Act {
  const count = 1 + scene.random.below(4);
  const writes = Array.from({ length: count }, () => personRecord(scene, account, FOLLOW));
  return { writes, posts: [] };
}

function makeList(scene: Scene, account: Account): Act {
  const list = createRecord(scene, account, LIST, {
    name: `People ${account.handle.split("-")[0] ?? ""}`,
    purpose: "app.bsky.graph.defs#curatelist",
    createdAt: claimedTime(scene),
  });
  const uri = `at://${account.did}/${list.path}`;
  const item = personRecord(scene, account, LIST_ITEM, { list: uri });
  return { writes: [list, item], posts: [] };
}

function personRecord(
  scene: Scene,
  account: Account,
  collection: string,
  fields: LexRecord = {},
): Write {
  const subject = scene.drawAccount(scene.random).did;
  return createRecord(scene, account, collection, {
    subject,
    ...fields,
    createdAt: claimedTime(scene),
  });
}

function changeProfile(scene: Scene, account: Account): Act {
  return only(profileWrite(scene, account, "update"));
}

function profileWrite(scene: Scene, account: Account, action: "create" | "update"): Write {
  const { random } = scene;
  const { subjects, endings, space } = account.language;
  const record = {
    $type: "app.bsky.actor.profile",
    displayName: (account.handle.split(".")[0] ?? "").replace("-", " "),
    description: `${random.pick(subjects)}${space}${random.pick(endings)}`,
    createdAt: claimedTime(scene),
  };
  return { action, path: PROFILE_PATH, record };
}

function foreign(scene: Scene, account: Account): Act {
  const record = { title: scene.random.pick(account.language.subjects), pages: 3 };
  return only(createRecord(scene, account, FOREIGN, { ...record, createdAt: claimedTime(scene) }));
}

/** Takes something back: a like, a follow or a post, whichever there is. */
function removal(scene: Scene, account: Account): Act | Promise<Act> {
  const [first, second] = scene.random.chance(0.6) ? [LIKE, POST] : [POST, FOLLOW];
  for (const collection of [first, second, FOLLOW]) {
    const write = deleteRecord(scene, account, collection);
    if (write !== null) return only(write);
  }
  return like(scene, account);
}

function only(write: Write): Act {
  return { writes: [write], posts: [] };
}
