import { createDaemon, type Daemon } from "crucible-runtime/daemon";
import { LinkGraph } from "../gen/knowledge/v1/links_daemon.js";
import { SearchProvider } from "../gen/knowledge/v1/search_daemon.js";
import { TaskList } from "../gen/knowledge/v1/tasks_daemon.js";
import { burst } from "./daemon/burst.js";
import { indexVault, type Services } from "./daemon/index-vault.js";
import { launchPlugins, pluginIds } from "./daemon/launch-plugins.js";
import { NoteKiln } from "./daemon/note-kiln.js";
import { survey } from "./daemon/survey.js";
import type { Options } from "./options.js";
import { Problem } from "./problem.js";
import type { Findings } from "./report/findings.js";
import { Progress } from "./report/progress.js";
import { printable, type Terminal } from "./report/terminal.js";
import { readPackages, readVault, type Vault } from "./vault/vault.js";

/** What to look for in the documentation of packages when nothing is asked for. */
const packageQueries = ["protocol buffers", "command line arguments", "unicode width"];
const burstCalls = 2_000;
const inFlight = 64;
/** How many of the files that were left out are named. */
const namedSkipped = 20;

/**
 * Reads the vault, launches the plugins, has them index it, and asks them what they know. When it returns or throws, no
 * process and no socket is left.
 *
 * @param terminal shows the progress, and what went wrong in passing.
 * @throws Problem or CrucibleError.
 */
export async function run(options: Options, terminal: Terminal, signal: AbortSignal): Promise<Findings> {
  const vault = await loadVault(options);
  using progress = new Progress(terminal, `indexing ${vault.notes.size} notes`, vault.notes.size * pluginIds.length);
  await using daemon = await createDaemon({
    name: "knowledge",
    onLog: ({ level, pluginId, message }) => {
      if (level !== "warn" && level !== "error") return;
      terminal.write(`${pluginId === undefined ? "" : `plugin ${pluginId}: `}${printable(message)}\n`);
    },
    services: [new NoteKiln(vault, () => progress.step())],
    ...(options.sockets === undefined ? {} : { socketDirectory: options.sockets }),
  });
  // Closing fails what is in flight, so that whatever `work` waits for, it ends.
  const stop = (): void => void daemon.close({ graceMs: 0 });
  signal.addEventListener("abort", stop);
  try {
    signal.throwIfAborted();
    return await work(daemon, vault, options, progress);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

async function loadVault({ vault: folder, minNotes }: Options): Promise<Vault> {
  const vault = folder === undefined ? await readPackages(import.meta.dirname) : await readVault(folder);
  if (vault.notes.size < minNotes) {
    throw new Problem(
      `${vault.notes.size} notes in ${vault.place}, fewer than the ${minNotes} wanted: name another folder with --vault, or lower --min-notes`,
    );
  }
  return vault;
}

function chooseQueries({ queries, vault }: Options): readonly string[] {
  return queries.length === 0 && vault === undefined ? packageQueries : queries;
}

async function work(daemon: Daemon, vault: Vault, options: Options, progress: Progress): Promise<Findings> {
  const launched = await launchPlugins(daemon);
  const plugins = pluginIds.map((id) => ({ id, pid: launched[id].plugin.pid, launchMs: launched[id].launchMs }));
  const distinct = new Set(plugins.map(({ pid }) => pid)).size;
  if (distinct < plugins.length)
    throw new Problem(`${plugins.length} plugins run in ${distinct} processes: each needs its own`);

  const services: Services = {
    search: launched.search.plugin.client(SearchProvider),
    tasks: launched.tasks.plugin.client(TaskList),
    links: launched.links.plugin.client(LinkGraph),
  };
  const indexed = await indexVault(vault, services, () => progress.step());
  const notes = [...vault.notes.values()];
  const titles = notes.map(({ title }) => title);
  const { tasks, mostLinked, orphans, walk, queries } = await survey(services, chooseQueries(options), titles);

  const texts = queries.map(({ text }) => text);
  const query = (at: number) => services.search.query({ text: texts[at % texts.length]!, limit: 5 });
  const lookup = (at: number) => services.links.neighbours({ id: notes[at % notes.length]!.id });
  return {
    ok: true,
    vault: {
      place: vault.place,
      notes: notes.length,
      bytes: vault.sizeBytes,
      skippedCount: vault.skipped.length,
      skipped: vault.skipped.slice(0, namedSkipped),
    },
    daemon: { pid: process.pid, socketDirectory: daemon.socketDirectory ?? "" },
    plugins,
    index: { ms: indexed.ms, terms: indexed.terms, changes: indexed.changes },
    links: { links: indexed.links.links, dangling: indexed.links.dangling, orphans, mostLinked, walk },
    tasks,
    queries,
    burst: { queries: await burst(burstCalls, inFlight, query), lookups: await burst(burstCalls, inFlight, lookup) },
  };
}
