import { CrucibleError } from "../error/index.js";
import type { PluginExit, PluginProcess } from "./plugin-process.js";

/** How a process has ended, for people. */
export function describeExit({ code, signal }: PluginExit): string {
  return signal === null ? `exit code ${code}` : `killed by ${signal}`;
}

/** What calls learn that outlive their plugin. */
export function exitError(pluginId: string, exit: PluginExit): CrucibleError {
  return new CrucibleError("PEER_LOST", `plugin ${pluginId} has ended (${describeExit(exit)}); launch it again`);
}

/** A sentence with the last line of stderr, or nothing. */
export function lastWords(process: PluginProcess): string {
  const line = process.lastErrorLine;
  return line === "" ? "" : `; its last line on stderr: ${line}`;
}
