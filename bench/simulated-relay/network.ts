// The simulated network: accounts act, their repos sign, and the relay stamps what comes in. Pure:
// time is simulated and chance is seeded, so the same options give the same frames byte for byte.
import {
  type Account,
  createAccounts,
  createSpeakerDraw,
  type DidDocument,
  didDocumentOf,
  handleOf,
} from "./accounts.ts";
import { type Act, act, actsOfThePast, firstAct } from "./acts.ts";
import {
  accountFrame,
  commitFrame,
  type Frame,
  type InactiveStatus,
  identityFrame,
  infoFrame,
  type Stamp,
  syncFrame,
} from "./frame.ts";
import { createHashtagDraw } from "./hashtags.ts";
import { PostPool } from "./post-pool.ts";
import { at, createRandom, type Random, weightedDraw } from "./random.ts";
import { isoTime, type Scene } from "./scene.ts";

/** What to simulate. `startMs` is milliseconds since the Unix epoch. */
export type NetworkOptions = {
  readonly seed: number;
  readonly accounts: number;
  /** Sequenced frames to make; the `#info` frame at the start comes on top. */
  readonly events: number;
  /** Simulated relay time between the first frame and the last. */
  readonly durationMs: number;
  readonly startMs: number;
  readonly firstSeq: number;
};

export const NETWORK_DEFAULTS: NetworkOptions = {
  seed: 7,
  accounts: 900,
  events: 5000,
  durationMs: 30 * 60_000,
  startMs: Date.UTC(2026, 6, 4, 12),
  firstSeq: 29_000_000_001,
};

/** The relay's `time` steps back by up to this much between neighbours. */
export const TIME_SKEW_MS = 900;

/** Frames reach a relay in clusters, much closer together than its clock is good. */
const CLUSTER_FRAMES_MEAN = 16;
const CLUSTER_GAP_MS = 12;
const PAST_MS = 6 * 3_600_000;
/** Part of the accounts that join while the recording runs. */
const NEWCOMER_SHARE = 0.02;
/** What can happen at the relay, and its share in percent. */
const HAPPENINGS = ["commit", "join", "rename", "leave", "return"] as const;
const drawKind = weightedDraw([98.4, 0.3, 0.5, 0.45, 0.35]);
const LEAVE_STATUSES: readonly InactiveStatus[] = ["deactivated", "deactivated", "suspended"];

export type SimulatedNetwork = {
  /** In relay order, made as they are read: an `#info` frame saying what this is, then `events`
   * sequenced ones. Can be read once. */
  readonly frames: AsyncGenerator<Frame, void, void>;
  /** The DID documents, with the keys that verify every commit and the handles of this moment. */
  didDocuments(): DidDocument[];
};

export async function createSimulatedNetwork(
  given: Partial<NetworkOptions> = {},
): Promise<SimulatedNetwork> {
  const options = { ...NETWORK_DEFAULTS, ...given };
  const accounts = await createAccounts(options.seed, options.accounts);
  return {
    frames: new Simulation(options, accounts).frames(),
    didDocuments: () => accounts.map(didDocumentOf),
  };
}

class Simulation {
  readonly #options: NetworkOptions;
  readonly #residents: Account[];
  readonly #newcomers: Account[];
  readonly #random: Random;
  readonly #pool = new PostPool();
  readonly #drawHashtag = createHashtagDraw();
  readonly #drawIndex: (random: Random) => number;
  #seq: number;

  constructor(options: NetworkOptions, accounts: readonly Account[]) {
    const newcomers = Math.floor(accounts.length * NEWCOMER_SHARE);
    this.#options = options;
    this.#residents = accounts.slice(newcomers);
    this.#newcomers = accounts.slice(0, newcomers);
    this.#drawIndex = createSpeakerDraw(this.#residents);
    this.#random = createRandom(options.seed, "network");
    this.#seq = options.firstSeq;
  }

  async *frames(): AsyncGenerator<Frame, void, void> {
    yield await infoFrame(
      "SimulatedNetwork",
      `Made from seed ${this.#options.seed}. Every account and every word is invented.`,
    );
    await this.#liveThePast();
    const lastSeq = this.#options.firstSeq + this.#options.events - 1;
    for (const nowMs of arrivalTimes(this.#options)) {
      for (const frame of await this.#happen(nowMs)) {
        yield frame;
        if (frame.seq === lastSeq) return;
      }
    }
  }

  async #liveThePast(): Promise<void> {
    for (const account of this.#residents) {
      const nowMs = this.#options.startMs - this.#random.between(0.01, 1) * PAST_MS;
      await this.#commit(nowMs, account, await actsOfThePast(this.#scene(nowMs), account));
    }
  }

  async #happen(nowMs: number): Promise<Frame[]> {
    const kind = at(HAPPENINGS, drawKind(this.#random));
    switch (kind) {
      case "commit":
        return await this.#speak(nowMs);
      case "join":
        return await this.#join(nowMs);
      case "rename":
        return await this.#rename(nowMs);
      case "leave":
        return await this.#leave(nowMs);
      case "return":
        return await this.#return(nowMs);
    }
  }

  async #speak(nowMs: number): Promise<Frame[]> {
    const scene = this.#scene(nowMs);
    const account = this.#drawActive();
    const commit = await this.#commit(nowMs, account, await act(scene, account));
    return [await commitFrame(commit, this.#stamp(nowMs))];
  }

  async #join(nowMs: number): Promise<Frame[]> {
    const account = this.#newcomers.pop();
    if (account === undefined) return await this.#speak(nowMs);
    this.#residents.push(account);
    const { did, handle } = account;
    const commit = await this.#commit(nowMs, account, firstAct(this.#scene(nowMs), account));
    return [
      await identityFrame(did, handle, this.#stamp(nowMs)),
      await accountFrame(did, null, this.#stamp(nowMs)),
      await commitFrame(commit, this.#stamp(nowMs)),
    ];
  }

  async #rename(nowMs: number): Promise<Frame[]> {
    const account = this.#drawActive();
    account.handle = handleOf(this.#random, this.#residents.indexOf(account));
    return [await identityFrame(account.did, account.handle, this.#stamp(nowMs))];
  }

  async #leave(nowMs: number): Promise<Frame[]> {
    const account = this.#drawActive();
    account.active = false;
    const status = this.#random.pick(LEAVE_STATUSES);
    return [await accountFrame(account.did, status, this.#stamp(nowMs))];
  }

  async #return(nowMs: number): Promise<Frame[]> {
    const account = this.#residents.find(({ active }) => !active);
    if (account === undefined) return await this.#leave(nowMs);
    account.active = true;
    const signed = await account.repo.resign(account.tids.next(nowMs));
    return [
      await accountFrame(account.did, null, this.#stamp(nowMs)),
      await syncFrame(signed, this.#stamp(nowMs)),
    ];
  }

  async #commit(nowMs: number, account: Account, { writes, posts }: Act) {
    const commit = await account.repo.commit(writes, account.tids.next(nowMs));
    for (const post of posts) this.#pool.add(this.#random, post);
    return commit;
  }

  #drawActive(): Account {
    for (;;) {
      const account = at(this.#residents, this.#drawIndex(this.#random));
      if (account.active) return account;
    }
  }

  #scene(nowMs: number): Scene {
    return {
      random: this.#random,
      accounts: this.#residents,
      drawAccount: (random) => at(this.#residents, this.#drawIndex(random)),
      pool: this.#pool,
      drawHashtag: this.#drawHashtag,
      nowMs,
      progress: (nowMs - this.#options.startMs) / this.#options.durationMs,
    };
  }

  #stamp(nowMs: number): Stamp {
    const seq = this.#seq;
    this.#seq += 1;
    return { seq, time: isoTime(nowMs - this.#random.unit() * TIME_SKEW_MS) };
  }
}

/** When frames reach the relay: clusters scattered over the duration, in order. */
function arrivalTimes({ seed, events, durationMs, startMs }: NetworkOptions): number[] {
  const random = createRandom(seed, "arrivals");
  const times: number[] = [];
  while (times.length < events) {
    let timeMs = startMs + TIME_SKEW_MS + random.unit() * (durationMs - TIME_SKEW_MS);
    for (let left = 1 + random.below(2 * CLUSTER_FRAMES_MEAN - 1); left > 0; left -= 1) {
      times.push(timeMs);
      timeMs += random.exponential(CLUSTER_GAP_MS);
    }
  }
  return times.sort((a, b) => a - b).slice(0, events);
}
