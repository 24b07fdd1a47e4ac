import { type Clock, systemClock } from "../../runtime/typescript/src/clock/clock.js";
import { Keeper, type KeeperOptions } from "../../runtime/typescript/src/session/pool/keeper.js";
import type { Session } from "../../runtime/typescript/src/session/pool/session.js";
import { createMemoryPair, type MemoryOptions } from "../../runtime/typescript/src/transport/memory.js";
import type { Connection } from "../../runtime/typescript/src/transport/transport.js";
import { MemoryDialler } from "./memory-dialler.js";
import { type Agreed, Echo, type Pairing, pairUp, type SideOptions } from "./peers.js";
import { turns } from "./raw-end.js";

/** A daemon and a plugin whose session may have several connections and outlives them. */
export interface Joined extends Pairing {
  readonly dialler: MemoryDialler;
  /** The first connection: the plugin's end, the daemon's end. */
  readonly first: readonly [plugin: Connection, daemon: Connection];
  /** Stubs of what the other side hosts. */
  readonly toPlugin: Echo;
  readonly toDaemon: Echo;
  /** How many connections were lost or ended, at each end. */
  readonly endings: { daemon: number; plugin: number };
  /** One more connection, opened by hand. */
  join(): Promise<void>;
  /** One in place of all others, opened by hand. */
  resume(): Promise<void>;
}

export interface JoinedOptions {
  readonly daemon?: SideOptions;
  readonly plugin?: SideOptions;
  readonly clock?: Clock;
  readonly agreed?: Agreed;
  readonly memory?: MemoryOptions;
}

export function joinUp(options: JoinedOptions = {}): Joined {
  const { clock = systemClock, agreed = {}, memory = {} } = options;
  const endings = { daemon: 0, plugin: 0 };
  const [daemonEnd, pluginEnd] = createMemoryPair(memory);
  const side = (name: "daemon" | "plugin"): SideOptions => ({
    clock,
    resumable: true,
    ...options[name],
    onConnectionEnding: (error, left) => {
      endings[name]++;
      options[name]?.onConnectionEnding?.(error, left);
    },
  });
  const { ciphers: _, ...policies } = agreed;
  const pairing = pairUp({ daemon: side("daemon"), plugin: side("plugin") }, [daemonEnd, pluginEnd], policies);
  const { daemon, plugin } = pairing;
  const dialler = new MemoryDialler(() => daemon.session, { clock, agreed, memory });
  return {
    ...pairing,
    dialler,
    first: [pluginEnd, daemonEnd],
    toPlugin: daemon.client(Echo),
    toDaemon: plugin.client(Echo),
    endings,
    join: () => dialler.enter("join", (link) => plugin.session.attach(link)),
    resume: () => dialler.enter("resume", (link) => plugin.session.resume(link)),
  };
}

/** The same, kept in connections by a keeper on the plugin's side. */
export function keepUp(
  options: JoinedOptions & { readonly keeper?: Partial<Omit<KeeperOptions, "session" | "dialler" | "clock">> } = {},
): Joined & { readonly keeper: Keeper } {
  let keeper: Keeper | undefined;
  const joined = joinUp({
    ...options,
    plugin: {
      ...options.plugin,
      onConnectionEnding: (error) => keeper?.connectionEnding(error),
      onLarge: () => keeper?.large(),
    },
  });
  keeper = new Keeper({
    session: joined.plugin.session,
    dialler: joined.dialler,
    clock: options.clock ?? systemClock,
    random: () => 0.5,
    connections: 2,
    idleMs: 30_000,
    giveUpMs: Infinity,
    ...options.keeper,
  });
  return { ...joined, keeper };
}

/** Lets the other end of the event loop happen until `holds`; fails when it never does. */
export async function settle(holds: () => boolean, what: string): Promise<void> {
  for (let i = 0; i < 2_000; i++) {
    if (holds()) return;
    await turns(1);
  }
  throw new Error(`waited in vain for: ${what}`);
}

/** The connections of a session that take calls. */
export const usable = (session: Session): number => session.usable.length;
