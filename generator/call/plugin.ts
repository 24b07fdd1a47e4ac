import { Buffer } from "node:buffer";
import { basename, join } from "node:path";
import type { Stage } from "../buf/stage.js";
import { printable } from "../printable.js";
import type { RunningDaemon, RunningPlugin, RuntimeDoor, RuntimeLog } from "./runtime.js";

/** The most of a program's name that becomes the id of its plugin. */
const longestId = 24;
/** What the system's address of a socket holds at least, everywhere; of that the name of the socket takes some. */
const roomForPath = 103 - "/.sock.pid".length - longestId;

/** A plugin that was launched for this command alone. */
export interface LaunchedPlugin {
  readonly plugin: RunningPlugin;
  readonly daemon: RunningDaemon;
}

/** How to launch. */
export interface LaunchRequest {
  readonly runtime: RuntimeDoor;
  readonly command: readonly [string, ...string[]];
  readonly cwd: string;
  readonly stage: Stage;
  readonly signal: AbortSignal;
  /** Takes what the plugin prints and what its daemon warns of, a line at a time, safe to show. */
  print(line: string): void;
}

/** A daemon of its own, and the id under which it launches its plugin. */
export interface OwnDaemon {
  readonly daemon: RunningDaemon;
  readonly id: string;
}

/**
 * The id that a plugin is launched under, by which messages call it: the name of its script, or else of its program, as far
 * as an id can have it.
 */
export function idOf(command: readonly string[]): string {
  const script = command.slice(1).find((word) => /\.[cm]?[jt]sx?$/.test(word)) ?? command[0] ?? "";
  const name = basename(script)
    .replace(/\.\w+$/, "")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .slice(0, longestId)
    .replaceAll(/^-+|-+$/g, "");
  return name === "" ? "plugin" : name;
}

/**
 * Makes a daemon in the temporary folder, with keys of its own. Aborting the signal closes it.
 *
 * @param command what will be launched, where that is known by now.
 */
export async function openDaemon(
  request: Omit<LaunchRequest, "command" | "cwd">,
  command: readonly string[] = [],
): Promise<OwnDaemon> {
  const { runtime, stage, signal } = request;
  const id = idOf(command);
  const sockets = join(stage.root, "s");
  // A long TMPDIR leaves no room for a socket: those of other daemons are no worse a place.
  const hasRoom = Buffer.byteLength(sockets) <= roomForPath;
  const daemon = await runtime.createDaemon({
    name: "crucible-gen",
    stateDirectory: join(stage.root, "state"),
    ...(hasRoom ? { socketDirectory: sockets } : {}),
    onLog: (record) => show(record, request),
  });
  signal.addEventListener("abort", () => void daemon.close({ graceMs: 0 }), { once: true });
  return { daemon, id: hasRoom ? id : `${id}-${process.pid}` };
}

/**
 * Makes a daemon as above, and launches the plugin by it. Aborting the signal ends both, also while the plugin is
 * starting.
 */
export async function launchPlugin(request: LaunchRequest): Promise<LaunchedPlugin> {
  const { command, cwd, signal } = request;
  const { daemon, id } = await openDaemon(request, command);
  try {
    signal.throwIfAborted();
    return { plugin: await daemon.launch({ id, command, cwd }), daemon };
  } catch (error) {
    await daemon.close({ graceMs: 0 });
    throw error;
  }
}

/** What a plugin prints is untrusted: a terminal must not obey it. */
function show({ level, message, stream }: RuntimeLog, { print }: Pick<LaunchRequest, "print">): void {
  const text = printable(message.slice(0, 4_096));
  if (stream !== undefined) print(`[plugin] ${text}`);
  else if (level === "warn") print(`[daemon] ${text}`);
}
