import { createDaemon } from "crucible-runtime/daemon";
import { Search } from "../gen/deprecated/v1/search_daemon.js";
import { type AnswerInit, type Words, SearchPlugin } from "../gen/deprecated/v1/search_plugin.js";

export abstract class MySearch extends SearchPlugin {
  query(request: Words): AnswerInit {
    return { found: [request.text] };
  }
}

await using daemon = await createDaemon({ name: "x" });
const plugin = await daemon.launch({ id: "search", command: ["node", "dist/src/search.js"] });
const search = plugin.client(Search);
console.log((await search.query({ text: "x" })).found, await search.count({ text: "y" }));
