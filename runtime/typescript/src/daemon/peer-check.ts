import { readFileSync, statSync } from "node:fs";
import { CrucibleError } from "../error/index.js";
import type { LogSink } from "../observe/log.js";
import { type PeerProcess, peerReader, type ReadPeer } from "../transport/node/peer-credentials.js";
import { ownUid } from "../transport/node/socket-directory.js";
import type { Connection } from "../transport/transport.js";

/** Lines of parents are shorter; this ends one that goes in circles, as processes come and go while it is read. */
const maxParents = 64;

/** Makes sure of which process is at the other end of a plugin's connection, where the system tells; see PROTOCOL.md, Socket directory. */
export class PeerCheck {
  readonly #reader: Promise<ReadPeer | undefined>;

  /** Loads what it needs in the background; `log` gets one line where connections cannot be checked. */
  constructor(log: LogSink) {
    this.#reader = open(log);
  }

  /**
   * The process that has dialled; undefined where the system does not tell it.
   *
   * @param launched the plugin's process; undefined while there is none.
   * @throws CrucibleError IDENTITY_MISMATCH: it is neither that process nor one that it has started.
   */
  async check(
    connection: Connection,
    pluginId: string,
    launched: number | undefined,
  ): Promise<PeerProcess | undefined> {
    const descriptor = connection.descriptor?.();
    if (descriptor === undefined) return undefined;
    const peer = (await this.#reader)?.(descriptor);
    if (peer === undefined) return undefined;
    const { pid, uid } = peer;
    if (launched === undefined || !isStartedBy(pid, launched)) {
      const whose = launched === undefined ? "which has no process yet" : `whose process is ${launched}`;
      throw new CrucibleError(
        "IDENTITY_MISMATCH",
        `process ${pid} dialled for plugin ${pluginId}, ${whose}, and was not started by it; ` +
          'launch with connectFrom "anywhere" if something else starts it',
      );
    }
    if (![ownUid(), 0, userOf(launched)].includes(uid)) {
      throw new CrucibleError("IDENTITY_MISMATCH", `process ${pid} of plugin ${pluginId} is of another user, ${uid}`);
    }
    return peer;
  }
}

async function open(log: LogSink): Promise<ReadPeer | undefined> {
  const reader = await peerReader();
  if (reader === undefined) {
    const next = process.platform === "linux" ? ": npm install koffi has it looked at" : "";
    log({ level: "info", message: `which process dials a plugin's socket cannot be seen here${next}` });
  }
  return reader;
}

/**
 * Whether a process is `ancestor`, or was started by it: by way of its parents, or, where one of these has ended, because it
 * is in the session that `ancestor` leads, which nobody can join from outside.
 */
function isStartedBy(pid: number, ancestor: number): boolean {
  let next = pid;
  for (let i = 0; i < maxParents && next > 1; i++) {
    if (next === ancestor) return true;
    const found = parentOf(next);
    if (found === undefined) return false;
    if (found.session === ancestor) return true;
    next = found.parent;
  }
  return false;
}

function parentOf(pid: number): { readonly parent: number; readonly session: number } | undefined {
  try {
    // The name before it may have anything in it, parentheses too.
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    const [, parent, , session] = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return { parent: Number(parent), session: Number(session) };
  } catch {
    return undefined;
  }
}

function userOf(pid: number): number | undefined {
  return statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid;
}
