import { connect, type Socket } from "node:net";
import { systemClock } from "../../../runtime/typescript/src/clock/clock.js";
import { nodeSuite } from "../../../runtime/typescript/src/crypto/node/node-suite.js";
import type { Plugin } from "../../../runtime/typescript/src/daemon/index.js";
import { createDaemonVerifier } from "../../../runtime/typescript/src/crypto/node/verify-daemon.js";
import { CrucibleError } from "../../../runtime/typescript/src/index.js";
import type { PluginRegisterInit } from "../../../runtime/typescript/src/gen/crucible/ipc/v1/control_codec.js";
import { headerBytes, offsetLength, offsetType, overheadBytes } from "../../../runtime/typescript/src/frame/frame.js";
import { decodeError } from "../../../runtime/typescript/src/session/error-frame.js";
import type { SessionEntry } from "../../../runtime/typescript/src/session/handshake/entry.js";
import type { Offer } from "../../../runtime/typescript/src/session/handshake/offer.js";
import { ownOffer } from "../../../runtime/typescript/src/session/handshake/own-offer.js";
import { PluginHandshake } from "../../../runtime/typescript/src/session/handshake/plugin-handshake.js";
import { defaultLimits } from "../../../runtime/typescript/src/session/limits.js";
import type { LinkHandler } from "../../../runtime/typescript/src/session/link.js";
import { openAsPlugin, type PluginOpened } from "../../../runtime/typescript/src/session/plugin-opening.js";
import { transportFor } from "../../../runtime/typescript/src/transport/node/transport-for.js";
import { parseTicket, type Ticket } from "../../../runtime/typescript/src/plugin/ticket.js";
import { isAlive, type Lab, until } from "./lab.js";

/** A launch whose process gives its ticket away: the test connects in its place. */
export interface Leak {
  readonly launching: Promise<Plugin>;
  readonly ticket: Ticket;
  /** The line as it was on descriptor 3. */
  readonly text: string;
}

const leaked: Plugin[] = [];

/** Ends every process whose ticket was leaked. It does not know when its session is over: a daemon would wait for it. */
export function endLeakers(): void {
  for (const plugin of leaked.splice(0)) {
    if (isAlive(plugin.pid)) process.kill(plugin.pid, "SIGKILL");
  }
}

export async function leakTicket(
  lab: Lab,
  id = "leak",
  capabilities: readonly string[] = [],
  connectFrom: "process" | "anywhere" = "anywhere",
): Promise<Leak> {
  const launching = lab.launch("ticket-leaker", {
    id,
    capabilities,
    connectFrom,
    startTimeoutMs: 30_000,
  });
  launching.then(
    (plugin) => leaked.push(plugin),
    () => {},
  );
  const line = (): string | undefined =>
    lab.records.find(({ pluginId, message }) => pluginId === id && message.startsWith("ticket "))?.message;
  await until(() => line() !== undefined, "the ticket");
  const text = line()!.slice("ticket ".length);
  // A log line is cut at 8 KiB; a ticket is shorter.
  return { launching, ticket: parseTicket(text), text };
}

/** What is other than in the ticket. */
export interface Disguise {
  readonly ticket?: { readonly [Field in keyof Ticket]?: Ticket[Field] | undefined };
  readonly register?: PluginRegisterInit;
  /** The session to enter. */
  readonly entry?: SessionEntry;
  /** Default: what the runtime offers. */
  readonly offer?: Offer;
}

/** Connects with a ticket as the runtime does; resolves once registered, with a link that ignores what it is told. */
export async function connectWith(ticket: Ticket, disguise: Disguise = {}): Promise<PluginOpened> {
  const shown = { ...ticket, ...disguise.ticket } as Ticket;
  const daemon = { authority: shown.authority, daemonId: shown.daemonId };
  const tls = { daemon, ...(shown.certified === undefined ? {} : { own: shown.certified }) };
  const connection = await (await transportFor(shown.address, { tls })).dial(shown.address);
  const handshake = new PluginHandshake({
    suite: nodeSuite,
    staticKey: nodeSuite.keyPair(shown.noiseKey),
    binding: connection.binding,
    offer: disguise.offer ?? ownOffer,
    daemonId: shown.daemonId,
    verifyDaemon: createDaemonVerifier({ ca: shown.authority, daemonId: shown.daemonId }),
    token: shown.token,
    entry: disguise.entry,
  });
  const register = { pluginId: shown.pluginId, ...disguise.register };
  return openAsPlugin({ connection, clock: systemClock, limits: defaultLimits, handshake, register, open });
}

/** A socket that speaks bytes, and what it is told. */
export class RawPeer {
  readonly socket: Socket;
  /** Resolves when the other side has ended the connection. */
  readonly closed: Promise<void>;
  #received: Buffer = Buffer.alloc(0);

  constructor(address: string) {
    this.socket = connect(address.slice("unix:".length));
    this.socket.on("data", (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
    });
    this.closed = new Promise((resolve) => {
      this.socket.once("close", () => resolve());
    });
    // Being cut off is what most of these tests are about.
    this.socket.on("error", () => {});
  }

  /** The error that the other side has sent in clear, if any. */
  get error(): CrucibleError | undefined {
    const bytes = this.#received;
    for (let offset = 0; offset + headerBytes <= bytes.length;) {
      const length = bytes.readUInt32BE(offset + offsetLength);
      const payload = offset + headerBytes;
      if (bytes[offset + offsetType] === 0x06)
        return decodeError(new Uint8Array(bytes.subarray(payload, payload + length)));
      offset += length + overheadBytes;
    }
    return undefined;
  }

  /** The reason of that error, once the connection has ended. */
  async end(): Promise<string | undefined> {
    await this.closed;
    return this.error?.reason;
  }
}

/** Takes a link over and ignores what it is told. */
function open(opened: PluginOpened): PluginOpened {
  const handler: LinkHandler = { checkHeader: () => 0xffff_ffff, onFrame: () => {}, onClosed: () => {} };
  opened.link.setHandler(handler);
  return opened;
}
