import type { Plugin } from "crucible-runtime/daemon";
import { SearchProvider } from "../gen/services/v1/search_daemon.js";
import { type AnswerInit, type Words, SearchProviderPlugin } from "../gen/services/v1/search_plugin.js";
import { SearchProviderService } from "../gen/services/v1/search_service.js";

export class Search extends SearchProviderPlugin {
  // Answers.
  override async query(request: Words): Promise<AnswerInit> {
    return { found: [request.text] };
  }

  async *watch(request: Words): AsyncIterable<AnswerInit> {
    yield await this.query(request);
  }
}

export async function ask(plugin: Plugin): Promise<string[]> {
  const search = plugin.client(SearchProvider);
  const { query } = { query: "query" };
  console.log(SearchProviderService.methods.query.name === "services.v1.SearchProvider/Query", "services.v1.SearchProvider");
  return (await search.query({ text: query }, { timeoutMs: 5 })).found;
}
