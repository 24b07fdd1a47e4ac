import { fileURLToPath } from "node:url";
import type { Daemon, Plugin } from "crucible-runtime/daemon";

/** The plugins of the knowledge base: each a file of this folder's parent, each a process. */
export const pluginIds = ["search", "tasks", "links"] as const;
export type PluginId = (typeof pluginIds)[number];

/** A plugin that runs. */
export interface Launched {
  readonly plugin: Plugin;
  /** From the launch to its registration, in milliseconds. */
  readonly launchMs: number;
}

/**
 * Launches every plugin at once. Each may read the vault, and nothing else.
 *
 * @throws CrucibleError when one does not start.
 */
export async function launchPlugins(daemon: Daemon): Promise<Record<PluginId, Launched>> {
  const [search, tasks, links] = await Promise.all([
    launchPlugin(daemon, "search"),
    launchPlugin(daemon, "tasks"),
    launchPlugin(daemon, "links"),
  ]);
  return { search, tasks, links };
}

async function launchPlugin(daemon: Daemon, id: PluginId): Promise<Launched> {
  const start = performance.now();
  const script = fileURLToPath(new URL(`../${id}.js`, import.meta.url));
  const plugin = await daemon.launch({ id, command: [process.execPath, script], capabilities: ["kiln.read"] });
  return { plugin, launchMs: performance.now() - start };
}
