// The plugin `search`: a process of its own that the daemon launches.
import { CrucibleError, type HandlerContext } from "crucible-runtime";
import { serve } from "crucible-runtime/plugin";
import { Kiln } from "../gen/knowledge/v1/kiln_plugin.js";
import type { Note } from "../gen/knowledge/v1/note_pb.js";
import type { QueryRequest, WatchRequest } from "../gen/knowledge/v1/search_pb.js";
import {
  ChangeKind,
  type HitInit,
  type IndexResponseInit,
  type QueryResponseInit,
  SearchProviderPlugin,
  type WatchResponseInit,
} from "../gen/knowledge/v1/search_plugin.js";
import { proseText } from "./markdown/plain-text.js";
import { ChangeFeed } from "./plugins/change-feed.js";
import { type IndexHit, SearchIndex } from "./plugins/search-index.js";
import { snippetOf } from "./plugins/snippet.js";

const defaultLimit = 10;

class Search extends SearchProviderPlugin {
  readonly #index = new SearchIndex();
  readonly #changes = new ChangeFeed<WatchResponseInit>();

  async index(notes: AsyncIterable<Note>): Promise<IndexResponseInit> {
    let taken = 0;
    for await (const { id, title, text } of notes) {
      const isNew = this.#index.put({ id, title, text: proseText(text) });
      taken++;
      const kind = isNew ? ChangeKind.ADDED : ChangeKind.REPLACED;
      this.#changes.publish({ kind, note: { id, title }, notes: this.#index.notes });
    }
    return { taken, notes: this.#index.notes, terms: this.#index.terms };
  }

  async query({ text, limit, snippetLength }: QueryRequest, context: HandlerContext): Promise<QueryResponseInit> {
    const found = this.#index.find(text);
    const best = found.slice(0, limit || defaultLimit);
    return { hits: await Promise.all(best.map((hit) => describe(hit, snippetLength, context))), total: found.length };
  }

  async *watch(_request: WatchRequest, context: HandlerContext): AsyncGenerator<WatchResponseInit> {
    for await (const { change, missed } of this.#changes.read(context.signal)) yield { ...change, missed };
  }
}

async function describe(hit: IndexHit, snippetLength: number, context: HandlerContext): Promise<HitInit> {
  const { id, title, score, terms } = hit;
  const snippet = snippetLength === 0 ? "" : await quote(hit, snippetLength, context);
  return { note: { id, title }, score, terms, snippet };
}

/** The text is the vault's: this calls back what the daemon hosts, within the time that is left for the query. */
async function quote({ id, terms }: IndexHit, length: number, context: HandlerContext): Promise<string> {
  try {
    const { text } = await context.client(Kiln).getNote({ id });
    return snippetOf(text, terms, length);
  } catch (error) {
    // The note has gone since it was indexed: it is still a hit, there is only nothing to quote.
    if (error instanceof CrucibleError && error.reason === "NOTE_UNKNOWN") return "";
    throw error;
  }
}

await serve(new Search());
