// The posts people can see: what gets liked, reposted, answered and quoted. Recent posts only, a
// few of them far more appealing than the rest.

import { at, type Random, weightedDraw } from "./random.ts";
import type { Cid } from "./simulated-repo.ts";

export type PostRef = { readonly uri: string; readonly cid: Cid };

export type PooledPost = PostRef & {
  readonly authorDid: string;
  readonly authorHandle: string;
  /** The thread's first post; the post itself when it is not a reply. */
  readonly root: PostRef;
};

const POOL_POSTS_MAX = 400;
/** Pareto shape: near 1, so that appeal is as unequal as Zipf's law makes it. */
const APPEAL_SHAPE = 1.1;

/** Holds the newest posts; older ones sink out. */
export class PostPool {
  readonly #posts: PooledPost[] = [];
  readonly #appeals: number[] = [];

  get size(): number {
    return this.#posts.length;
  }

  add(random: Random, post: PooledPost): void {
    this.#posts.push(post);
    this.#appeals.push((1 - random.unit()) ** (-1 / APPEAL_SHAPE));
    if (this.#posts.length > POOL_POSTS_MAX) this.#removeAt(0);
  }

  remove(uri: string): void {
    const index = this.#posts.findIndex((post) => post.uri === uri);
    if (index >= 0) this.#removeAt(index);
  }

  /** One post, by appeal. The pool must not be empty. */
  draw(random: Random): PooledPost {
    return at(this.#posts, weightedDraw(this.#appeals)(random));
  }

  #removeAt(index: number): void {
    this.#posts.splice(index, 1);
    this.#appeals.splice(index, 1);
  }
}
