import { loadLinuxMemory } from "../arena/node/linux-memory.js";
import type { Encryption } from "../session/encryption.js";
import { type ResolvedHandoff, resolveHandoff } from "../session/handoff/options.js";
import type { DaemonCore } from "./core.js";
import { LaunchArenas } from "./launch-arenas.js";
import type { LaunchOptions } from "./options.js";

/** `wanted` as it can be had here. @throws CrucibleError HANDOFF_UNAVAILABLE when it must be had and cannot. */
export function availableHandoff(wanted: ResolvedHandoff): ResolvedHandoff {
  if (wanted.use === "off") return wanted;
  try {
    loadLinuxMemory();
    return wanted;
  } catch (error) {
    if (wanted.use === "on") throw error;
    return { ...wanted, use: "off" };
  }
}

/** What one launch shares with its process. */
export interface LaunchHandoff extends ResolvedHandoff {
  readonly arenas: LaunchArenas | undefined;
}

/**
 * Makes the memory for a launch, where it is to have some.
 *
 * @throws CrucibleError OPTION_INVALID; HANDOFF_UNAVAILABLE when it must have some and cannot.
 */
export function prepareHandoff(core: DaemonCore, options: LaunchOptions, encryption: Encryption): LaunchHandoff {
  const given = resolveHandoff(options.handoff, core.handoff);
  const handoff = options.handoff?.use === undefined ? given : availableHandoff(given);
  // Where everything is sealed, nothing may lie in clear.
  if (handoff.use === "off" || encryption === "everything") return { ...handoff, use: "off", arenas: undefined };
  try {
    return { ...handoff, arenas: new LaunchArenas(handoff.arenaBytes) };
  } catch (error) {
    if (handoff.use === "on") throw error;
    const message = `plugin ${options.id} shares no memory: ${error instanceof Error ? error.message : String(error)}`;
    core.log({ level: "warn", pluginId: options.id, reason: "HANDOFF_UNAVAILABLE", message });
    return { ...handoff, use: "off", arenas: undefined };
  }
}
