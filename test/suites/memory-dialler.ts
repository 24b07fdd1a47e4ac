import { type Clock, systemClock } from "../../runtime/typescript/src/clock/clock.js";
import type { CrucibleError } from "../../runtime/typescript/src/error/index.js";
import type { Link } from "../../runtime/typescript/src/session/link.js";
import type { Dialler } from "../../runtime/typescript/src/session/pool/dialler.js";
import type { Session } from "../../runtime/typescript/src/session/pool/session.js";
import { createMemoryPair, type MemoryOptions } from "../../runtime/typescript/src/transport/memory.js";
import type { Connection } from "../../runtime/typescript/src/transport/transport.js";
import { type Agreed, openLink, tap } from "./peers.js";

/** The twin of a dialler: connections within this process, into a session of a daemon that is there too. */
export class MemoryDialler implements Dialler {
  joins = true;
  resumes = true;
  /** What the next attempts are refused with, in order. */
  readonly refusals: CrucibleError[] = [];
  /** What each attempt has asked for. */
  readonly attempts: ("join" | "resume")[] = [];
  /** Both ends of each connection that it has made: of the plugin, of the daemon. */
  readonly connections: (readonly [plugin: Connection, daemon: Connection])[] = [];
  /** What went over them: from the plugin, from the daemon. */
  readonly wires: { readonly fromPlugin: Uint8Array[]; readonly fromDaemon: Uint8Array[] }[] = [];
  readonly #daemon: () => Session;
  readonly #options: { readonly clock?: Clock; readonly agreed?: Agreed; readonly memory?: MemoryOptions };

  constructor(
    daemon: () => Session,
    options: { readonly clock?: Clock; readonly agreed?: Agreed; readonly memory?: MemoryOptions } = {},
  ) {
    this.#daemon = daemon;
    this.#options = options;
  }

  async enter(as: "join" | "resume", take: (link: Link) => void): Promise<void> {
    this.attempts.push(as);
    // As over a socket, nothing happens at once.
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
    const refusal = this.refusals.shift();
    if (refusal !== undefined) throw refusal;
    const { clock = systemClock, agreed = {}, memory = {} } = this.#options;
    // Memory is shared by the first connection alone.
    const entered = { ...agreed, handoff: false };
    const [daemonEnd, pluginEnd] = createMemoryPair(memory);
    const wire = { fromPlugin: [] as Uint8Array[], fromDaemon: [] as Uint8Array[] };
    const daemonLink = openLink(tap(daemonEnd, wire.fromDaemon), clock, entered);
    const pluginLink = openLink(tap(pluginEnd, wire.fromPlugin), clock, entered);
    try {
      if (as === "join") this.#daemon().attach(daemonLink);
      else this.#daemon().resume(daemonLink);
      take(pluginLink);
    } catch (error) {
      daemonLink.abort(error as CrucibleError);
      throw error;
    }
    this.connections.push([pluginEnd, daemonEnd]);
    this.wires.push(wire);
    daemonLink.start();
    pluginLink.start();
  }
}
