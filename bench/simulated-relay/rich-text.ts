// A post's text with its facets. Facets point into the UTF-8 bytes, not the characters:
// https://docs.bsky.app/docs/advanced-guides/post-richtext
import type { LexRecord } from "./simulated-repo.ts";

/** Text being written; each part is set off by a space. */
export class RichText {
  text = "";
  readonly facets: LexRecord[] = [];

  plain(part: string): this {
    this.#append(part);
    return this;
  }

  tag(tag: string): this {
    return this.#faceted(`#${tag}`, { $type: "app.bsky.richtext.facet#tag", tag });
  }

  /** A link as clients show it: without scheme. */
  link(uri: string): this {
    const shown = uri.replace("https://", "");
    return this.#faceted(shown, { $type: "app.bsky.richtext.facet#link", uri });
  }

  mention(handle: string, did: string): this {
    return this.#faceted(`@${handle}`, { $type: "app.bsky.richtext.facet#mention", did });
  }

  #faceted(part: string, feature: LexRecord): this {
    const byteStart = this.#append(part);
    const byteEnd = Buffer.byteLength(this.text);
    this.facets.push({ index: { byteStart, byteEnd }, features: [feature] });
    return this;
  }

  /** Returns the byte offset at which `part` starts. */
  #append(part: string): number {
    if (this.text !== "") this.text += " ";
    const byteStart = Buffer.byteLength(this.text);
    this.text += part;
    return byteStart;
  }
}
