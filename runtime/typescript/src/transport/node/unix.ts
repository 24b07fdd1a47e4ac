import type { Socket } from "node:net";
import { dirname } from "node:path";
import { type Clock, systemClock } from "../../clock/clock.js";
import { CrucibleError } from "../../error/index.js";
import { parseAddress } from "../address.js";
import {
  type Connection,
  defaultCloseTimeoutMs,
  defaultDialTimeoutMs,
  defaultHighWaterMarkBytes,
  type DialOptions,
  type Transport,
  type TransportOptions,
} from "../transport.js";
import { connectArenaSocket, toArenaSocket } from "./arena-socket.js";
import { checkSocketDirectory, checkSocketOwner, ownUid } from "./socket-directory.js";
import type { LocalSystem } from "./local-system.js";
import { SocketConnection, type SocketConnectionOptions } from "./socket-connection.js";
import { checkPathLength } from "./socket-path.js";
import { codeOf } from "./system-error.js";

/** Options of the transports over local sockets. */
export interface LocalOptions extends TransportOptions {
  /** Default: the platform's. */
  readonly clock?: Clock;
}

type ConnectionDefaults = Omit<SocketConnectionOptions, "peer">;

const nothing = new Uint8Array(0);

/** A transport over Unix sockets, for addresses `unix:/path`. It checks who owns the directory and the socket. */
export function createUnixTransport(options: LocalOptions = {}): Transport {
  return createLocalTransport(unixSockets, options);
}

const unixSockets: LocalSystem = {
  protection: "local",
  pathOf,
  checkDial(path, { ownerUid }) {
    const trusted = ownerUid === undefined ? [ownUid(), 0] : [ownUid(), 0, ownerUid];
    checkSocketDirectory(dirname(path), trusted);
    // Whoever may replace the socket from now on is who has just been checked: nobody else may write to its directory.
    checkSocketOwner(path, trusted);
  },
  async listen(address, path, clock, onSocket) {
    // Plugins only dial.
    const { listenAt } = await import("./on-demand.js");
    return listenAt(address, path, clock, onSocket);
  },
};

/** A transport over the local sockets of `system`. */
export function createLocalTransport(system: LocalSystem, options: LocalOptions): Transport {
  const defaults: ConnectionDefaults = {
    binding: nothing,
    protection: system.protection,
    highWaterMarkBytes: options.highWaterMarkBytes ?? defaultHighWaterMarkBytes,
    closeTimeoutMs: options.closeTimeoutMs ?? defaultCloseTimeoutMs,
    clock: options.clock ?? systemClock,
  };
  return {
    async dial(address, dialOptions = {}) {
      const path = system.pathOf(address);
      system.checkDial(path, dialOptions);
      return dial(address, path, dialOptions, defaults);
    },
    async listen(address, onConnection) {
      let accepted = 0;
      return system.listen(address, system.pathOf(address), defaults.clock, (socket) => {
        onConnection(acceptedConnection(socket, optionsFor(`${address}#${++accepted}`, defaults)));
      });
    },
  };
}

/** Apart from `listen`, so that a connection keeps no listener in memory that has been closed. */
function acceptedConnection(socket: Socket, options: SocketConnectionOptions): Connection {
  const connection: SocketConnection = new SocketConnection(
    toArenaSocket(socket, (chunk) => connection.received(chunk)),
    options,
  );
  return connection;
}

/** Written out: what a spread makes has a shape of its own each time, which takes 400 bytes. */
function optionsFor(peer: string, defaults: ConnectionDefaults): SocketConnectionOptions {
  const { binding, protection, highWaterMarkBytes, closeTimeoutMs, clock } = defaults;
  return { peer, binding, protection, highWaterMarkBytes, closeTimeoutMs, clock, direct: true };
}

function pathOf(address: string): string {
  const parsed = parseAddress(address);
  if (parsed.kind !== "unix") {
    throw new CrucibleError("ADDRESS_INVALID", `address ${address} is no Unix socket; write unix:/path`);
  }
  checkPathLength(parsed.path);
  return parsed.path;
}

async function dial(
  address: string,
  path: string,
  options: DialOptions,
  defaults: ConnectionDefaults,
): Promise<Connection> {
  const { clock } = defaults;
  const timeoutMs = options.timeoutMs ?? defaultDialTimeoutMs;
  const until = clock.monotonicMs() + timeoutMs;
  let busy: unknown;
  for (;;) {
    try {
      return await connectOnce(path, until, optionsFor(address, defaults));
    } catch (error) {
      const code = codeOf(error);
      const left = until - clock.monotonicMs();
      if (code === "timeout" && busy !== undefined) throw failed(address, busy, timeoutMs);
      if (code !== "EAGAIN" || left <= 0) throw failed(address, error, timeoutMs);
      // Its queue of connections is full: it lives and is busy.
      busy = error;
      await new Promise<void>((resolve) => setTimeout(resolve, Math.min(left, 5 + 20 * Math.random())));
    }
  }
}

function connectOnce(path: string, until: number, options: SocketConnectionOptions): Promise<Connection> {
  return new Promise((resolve, reject) => {
    let connection: SocketConnection | undefined;
    const socket = connectArenaSocket(path, (chunk) => connection?.received(chunk) ?? 0);
    const stopTimer = options.clock.after(Math.max(0, until - options.clock.monotonicMs()), () =>
      socket.destroy(new Error("timeout")),
    );
    const fail = (error: Error): void => {
      stopTimer();
      reject(error);
    };
    socket.once("error", fail);
    socket.once("connect", () => {
      stopTimer();
      socket.off("error", fail);
      connection = new SocketConnection(socket, options);
      resolve(connection);
    });
  });
}

const explanations: Readonly<Record<string, string>> = {
  ENOENT: "nobody listens there; start the other side first",
  ECONNREFUSED: "whoever listened there has gone; start the other side again",
  EACCES: "this user may not connect to it; run as its owner",
  EAGAIN: "its queue of connections stayed full; look whether the other side hangs",
  timeout: "no answer came; look whether the other side hangs",
};

function failed(address: string, error: unknown, timeoutMs: number): CrucibleError {
  const code = codeOf(error);
  const text = explanations[code] ?? "look whether the other side runs";
  const time = code === "EAGAIN" || code === "timeout" ? ` within ${timeoutMs} ms` : "";
  return new CrucibleError("CONNECT_FAILED", `cannot connect to ${address}${time} (${code}): ${text}`, {
    cause: error,
  });
}
