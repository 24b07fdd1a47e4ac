import type { Plugin } from "crucible-runtime/daemon";
import { Finder } from "../gen/services/v1/search_daemon.js";
import { type AnswerInit, type Words, FinderPlugin } from "../gen/services/v1/search_plugin.js";
import { FinderService } from "../gen/services/v1/search_service.js";

export class Search extends FinderPlugin {
  // Answers.
  override async find(request: Words): Promise<AnswerInit> {
    return { found: [request.text] };
  }

  async *watch(request: Words): AsyncIterable<AnswerInit> {
    yield await this.find(request);
  }
}

export async function ask(plugin: Plugin): Promise<string[]> {
  const search = plugin.client(Finder);
  const { query } = { query: "query" };
  console.log(FinderService.methods.find.name === "services.v1.Finder/Find", "services.v1.Finder");
  return (await search.find({ text: query }, { timeoutMs: 5 })).found;
}
