// What the builders of tests make of what they were given: whole, valid records of the app.bsky lexicons.

import { hash } from "node:crypto";
import type {
  BuilderName,
  GivenEvent,
  JsonObject,
} from "../../compiler/program-tests/program-test.ts";
import type { Json } from "../../plan/expr.ts";
import { cidToString } from "../../shuffler/decode/cid.ts";
import { facetsOf, hashtagsOf } from "./post-facets.ts";

/** The collection a builder writes to; null for one that writes none, or any. */
export function collectionOf(builder: BuilderName): string | null {
  switch (builder) {
    case "post":
      return "app.bsky.feed.post";
    case "like":
      return "app.bsky.feed.like";
    case "repost":
      return "app.bsky.feed.repost";
    case "follow":
      return "app.bsky.graph.follow";
    case "event":
    case "delete":
    case "identity":
    case "account":
    case "sync":
      return null;
  }
}

/** The record of a commit, with `$type` and `createdAt` unless given. */
export function recordOf(event: GivenEvent, collection: string, timeMs: number): JsonObject {
  const createdAt = new Date(timeMs).toISOString();
  return { $type: collection, ...bodyOf(event), createdAt, ...event.record, ...bodyOf(event) };
}

function bodyOf({ builder, record, options }: GivenEvent): JsonObject {
  switch (builder) {
    case "post":
      return postBody(record, options);
    case "like":
    case "repost": {
      const { subject } = record;
      return typeof subject === "string" ? { subject: reference(subject) } : {};
    }
    case "follow":
    case "event":
    case "delete":
    case "identity":
    case "account":
    case "sync":
      return {};
  }
}

function postBody(record: JsonObject, options: JsonObject): JsonObject {
  const text = typeof record.text === "string" ? record.text : "";
  const facets = facetsOf(text, listOf(options.mentions));
  const inText = hashtagsOf(text);
  const apart = listOf(options.tags).filter(
    (tag) => !inText.has(typeof tag === "string" ? tag.toLowerCase() : ""),
  );
  const { reply_to: parent, root, quote, langs } = options;
  return {
    text,
    ...(langs !== undefined && { langs }),
    ...(facets.length > 0 && record.facets === undefined && { facets }),
    ...(apart.length > 0 && { tags: apart }),
    ...(typeof parent === "string" && {
      reply: {
        root: reference(typeof root === "string" ? root : parent),
        parent: reference(parent),
      },
    }),
    ...(typeof quote === "string" && {
      embed: { $type: "app.bsky.embed.record", record: reference(quote) },
    }),
  };
}

/** `com.atproto.repo.strongRef`: no test has the record itself, so its CID is that of its URI. */
function reference(uri: string): Json {
  return { uri, cid: cidOf(Buffer.from(uri)) };
}

const CID_V1 = 0x01;
const DAG_CBOR = 0x71;
const SHA256 = 0x12;

/** The CID (version 1, DAG-CBOR, SHA-256) of a block. */
export function cidOf(block: Uint8Array): string {
  const digest = hash("sha256", block, "buffer");
  return cidToString(Uint8Array.of(CID_V1, DAG_CBOR, SHA256, digest.length, ...digest));
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}
