import type { Clock } from "../clock/clock.js";
import type { DhKeyPair } from "../crypto/cipher-suite.js";
import type { VerifyDaemon } from "../crypto/identity.js";
import { nodeSuite } from "../crypto/node/node-suite.js";
import { CrucibleError } from "../error/index.js";
import type { PluginRegisterInit } from "../gen/crucible/ipc/v1/control_codec.js";
import { Intent } from "../gen/crucible/ipc/v1/handshake_codec.js";
import type { CompressionPolicy } from "../session/compression.js";
import type { Encryption } from "../session/encryption.js";
import { joinFeature, resumeFeature, type SessionEntry, sessionTicketBytes } from "../session/handshake/entry.js";
import { offerFor } from "../session/handshake/own-offer.js";
import { PluginHandshake } from "../session/handshake/plugin-handshake.js";
import type { SessionLimits } from "../session/limits.js";
import type { Link } from "../session/link.js";
import { openAsPlugin, type PluginOpened } from "../session/plugin-opening.js";
import type { Dialler } from "../session/pool/dialler.js";
import { transportFor } from "../transport/node/transport-for.js";
import type { Ticket } from "./ticket.js";

export interface DiallerOptions {
  /** Of the launch ticket: where the daemon is, and how it proves who it is. */
  readonly daemon: Pick<Ticket, "address" | "authority" | "daemonId" | "certified">;
  readonly pluginId: string;
  readonly staticKey: DhKeyPair;
  readonly verifyDaemon: VerifyDaemon;
  readonly clock: Clock;
  readonly limits: SessionLimits;
  readonly encryption: Encryption;
  readonly compression: CompressionPolicy;
  /** There is memory to share; the connection that opens the session says so, and no other. */
  readonly handoff: boolean;
  /** Called while the daemon makes message 2 of the connection that opens the session. */
  readonly whileGreeted: () => void;
  /** The session was resumed with these capabilities. */
  readonly onResumed: (capabilities: ReadonlySet<string>) => void;
}

/** Connects to the daemon of a launch ticket: first with its token, then with the ticket of the session that came of it. */
export class DaemonDialler implements Dialler {
  readonly #options: DiallerOptions;
  #sessionTicket: Uint8Array | undefined;
  #features: readonly string[] = [];

  constructor(options: DiallerOptions) {
    this.#options = options;
  }

  get joins(): boolean {
    return this.#may(joinFeature);
  }

  get resumes(): boolean {
    return this.#may(resumeFeature);
  }

  /**
   * Opens the session; resolves with what `open` made of it, which is called at once. Rejects with what ended the connection;
   * it may then be tried again.
   */
  async open<Opened>(
    token: string,
    register: PluginRegisterInit,
    open: (opened: PluginOpened) => Opened,
  ): Promise<Opened> {
    return this.#connect(token, undefined, register, (opened) => {
      const { registered, handshake } = opened;
      const { sessionTicket } = registered;
      if (sessionTicket.length !== 0 && sessionTicket.length !== sessionTicketBytes) {
        const text = `the ticket of the session has ${sessionTicket.length} bytes instead of ${sessionTicketBytes}`;
        throw new CrucibleError("REGISTER_INVALID", text);
      }
      this.#sessionTicket = sessionTicket.length === 0 ? undefined : sessionTicket.slice();
      this.#features = handshake.choice.features;
      return open(opened);
    });
  }

  async enter(as: "join" | "resume", take: (link: Link) => void): Promise<void> {
    const sessionTicket = this.#sessionTicket;
    if (sessionTicket === undefined) throw new CrucibleError("SESSION_UNKNOWN", "the daemon gave no session ticket");
    const intent = as === "join" ? Intent.JOIN : Intent.RESUME;
    const { pluginId } = this.#options;
    await this.#connect("", { intent, sessionTicket }, { pluginId }, ({ link, registered }) => {
      take(link);
      if (as === "resume") this.#options.onResumed(new Set(registered.capabilities));
    });
  }

  #may(feature: string): boolean {
    return this.#sessionTicket !== undefined && this.#features.includes(feature);
  }

  async #connect<Opened>(
    token: string,
    entry: SessionEntry | undefined,
    register: PluginRegisterInit,
    open: (opened: PluginOpened) => Opened,
  ): Promise<Opened> {
    const { daemon, staticKey, verifyDaemon, clock, limits, encryption, compression, handoff, whileGreeted } =
      this.#options;
    const { address, authority, daemonId, certified } = daemon;
    const own = certified === undefined ? {} : { own: certified };
    const tls = { daemon: { authority, daemonId }, ...own, handshakeTimeoutMs: limits.handshakeTimeoutMs };
    const transport = await transportFor(address, { clock, tls });
    const connection = await transport.dial(address);
    const handshake = new PluginHandshake({
      suite: nodeSuite,
      staticKey,
      binding: connection.binding,
      offer: offerFor(compression, { handoff: handoff && entry === undefined }),
      daemonId,
      verifyDaemon,
      token,
      entry,
    });
    return openAsPlugin({
      connection,
      clock,
      limits,
      encryption,
      compression,
      handshake,
      register,
      ...(entry === undefined ? { whileGreeted } : {}),
      open,
    });
  }
}
