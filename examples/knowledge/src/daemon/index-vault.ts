import type { SearchProvider } from "../../gen/knowledge/v1/search_daemon.js";
import type { LinkGraph } from "../../gen/knowledge/v1/links_daemon.js";
import type { TaskList } from "../../gen/knowledge/v1/tasks_daemon.js";
import type { Vault } from "../vault/vault.js";
import { toMessage } from "./note-kiln.js";

/** The services of the plugins. */
export interface Services {
  readonly search: SearchProvider;
  readonly tasks: TaskList;
  readonly links: LinkGraph;
}

/** What indexing has led to. */
export interface Indexed {
  readonly ms: number;
  /** Different words. */
  readonly terms: number;
  /** Changes that the plugin told of while it was indexing. */
  readonly changes: number;
  readonly links: { readonly links: number; readonly dangling: number; readonly orphans: number };
}

/**
 * Has every plugin read every note: the daemon sends them to `search`, the others fetch them from the daemon.
 *
 * @param onSearchNote is told of each note that `search` has taken in.
 */
export async function indexVault(vault: Vault, services: Services, onSearchNote: () => void): Promise<Indexed> {
  const { search, tasks, links } = services;
  const start = performance.now();
  const failed = new AbortController();
  try {
    // The watch comes first: calls reach a plugin in the order in which they were opened, so that it sees every change.
    const [changes, index, graph] = await Promise.all([
      watchUntil(vault.notes.size, search, failed.signal, onSearchNote),
      search.index(messages(vault)),
      links.build({}),
      readToEnd(tasks.scan({})),
    ]);
    const ms = performance.now() - start;
    return { ms, terms: index.terms, changes, links: graph };
  } catch (error) {
    failed.abort();
    throw error;
  }
}

function* messages(vault: Vault): Generator<ReturnType<typeof toMessage>> {
  for (const note of vault.notes.values()) yield toMessage(note);
}

/** Watches the index until it has that many notes; leaving the loop is what ends the call. */
async function watchUntil(
  notes: number,
  search: SearchProvider,
  signal: AbortSignal,
  onNote: () => void,
): Promise<number> {
  let changes = 0;
  for await (const change of search.watch({}, { signal })) {
    changes += 1 + change.missed;
    onNote();
    if (change.notes >= notes) break;
  }
  return changes;
}

async function readToEnd(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream);
}
