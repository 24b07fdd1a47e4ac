import { CrucibleError } from "../error/index.js";
import type { PluginExit, PluginProcess } from "./plugin-process.js";

/** How a process has ended, for people. */
export function describeExit({ code, signal }: PluginExit): string {
  return signal === null ? `exit code ${code}` : `killed by ${signal}`;
}

/** The same with why the daemon has killed it, when it has. */
export function describeEnd(process: PluginProcess, exit: PluginExit): string {
  return process.killedFor === "" ? describeExit(exit) : `killed: ${process.killedFor}`;
}

/** What calls learn that outlive their plugin. */
export function exitError(pluginId: string, process: PluginProcess, exit: PluginExit): CrucibleError {
  const how = describeEnd(process, exit);
  return new CrucibleError("PEER_LOST", `plugin ${pluginId} has ended (${how}); launch it again`);
}

/** A sentence with the last line of stderr, or nothing. */
export function lastWords(process: PluginProcess): string {
  const line = process.lastErrorLine;
  return line === "" ? "" : `; its last line on stderr: ${line}`;
}
