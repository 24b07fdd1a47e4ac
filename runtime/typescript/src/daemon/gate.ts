import { nodeSuite } from "../crypto/node/node-suite.js";
import { CrucibleError } from "../error/index.js";
import { openAsDaemon, type Admission, type DaemonOpened } from "../session/daemon-opening.js";
import { DaemonHandshake, type DaemonHandshakeResult } from "../session/handshake/daemon-handshake.js";
import type { PluginRegisteredInit } from "../gen/crucible/ipc/v1/control_codec.js";
import type { PluginRegister } from "../gen/crucible/ipc/v1/control_pb.js";
import type { Encryption } from "../session/encryption.js";
import { joinFeature, resumeFeature } from "../session/handshake/entry.js";
import { handoffFeature } from "../session/handoff/options.js";
import { offerFor } from "../session/handshake/own-offer.js";
import { Link } from "../session/link.js";
import { maxHandshakeBytes } from "../session/limits.js";
import type { PeerProcess } from "../transport/node/peer-credentials.js";
import type { Connection, Listener } from "../transport/transport.js";
import { admit } from "./admission.js";
import type { DaemonCore } from "./core.js";
import type { LaunchHandoff } from "./handoff.js";
import { type EnteredSession, type Entrance, SessionDoor } from "./session-door.js";
import { drawSessionId } from "./session-id.js";
import type { VerifiedToken } from "./token-verifier.js";

/** Connections to one socket that have not registered; fewer than of the daemon, so that no socket can starve another. */
const maxPendingOfSocket = 16;
/** Refused connections of one socket that are still told why; those beyond are cut. */
const maxRefusing = 16;
const lingerMs = 100;

/** Who has come as far as a registration: a plugin with a token, for a new session, or with the ticket of one. */
type Visitor = { readonly token: VerifiedToken } | { readonly entrance: Entrance };

export interface GateOptions {
  readonly core: DaemonCore;
  readonly pluginId: string;
  /** The public half of the Noise key in the plugin's ticket. */
  readonly pluginKey: Uint8Array;
  readonly capabilities: ReadonlySet<string>;
  /** The least that the session seals. */
  readonly encryption: Encryption;
  /** Rejects for a connection of a process that is not the plugin's. Default: whoever has the ticket may connect. */
  readonly checkPeer?: (connection: Connection) => Promise<PeerProcess | undefined>;
  /** The memory that is shared with the plugin, and whether it has to take it. Default: none. */
  readonly handoff?: LaunchHandoff;
  /** Connections that its session may have, beside those that are being closed. */
  readonly maxConnections: number;
  /** The plugin has registered, from that process if it is known; takes its link over, and says how others come in. Called at most once. */
  readonly onOpened: (opened: DaemonOpened<unknown>, peer: PeerProcess | undefined) => EnteredSession;
  /** The plugin itself, proved by key and token, was refused. It may try no other way. */
  readonly onRefused: (error: CrucibleError) => void;
}

/**
 * Listens at the address of one plugin and lets in exactly one session: that of the process which has the ticket; and then
 * the further connections of that session. Whoever else connects, before or after, gets an error and disturbs nobody.
 */
export class Gate {
  readonly #options: GateOptions;
  readonly #door: SessionDoor;
  #listener: Listener | undefined;
  #pending = 0;
  #refusing = 0;
  #admitted = false;
  #closed = false;

  /** @throws CrucibleError ADDRESS_IN_USE, ADDRESS_INVALID, DIRECTORY_UNSAFE. */
  static async open(options: GateOptions): Promise<Gate> {
    const gate = new Gate(options);
    const { transport, addressFor } = options.core.listening;
    gate.#listener = await transport.listen(
      addressFor(options.pluginId),
      (connection) => void gate.#onConnection(connection),
      { pluginId: options.pluginId, onRefused: (error, peer) => gate.#report(error, peer) },
    );
    return gate;
  }

  private constructor(options: GateOptions) {
    this.#options = options;
    this.#door = new SessionDoor(options);
  }

  get address(): string {
    return this.#listener!.address;
  }

  /** Stops listening; connections that have not registered find that out by themselves. May be called twice. */
  async close(): Promise<void> {
    this.#closed = true;
    this.revoke();
    await this.#listener?.close();
  }

  /** The session takes no further connections: its ticket is worth nothing. May be called twice. */
  revoke(): void {
    this.#door.shut();
  }

  /** Never rejects. */
  async #onConnection(connection: Connection): Promise<void> {
    const { core } = this.#options;
    if (this.#closed) {
      connection.abort();
      return;
    }
    if (this.#pending >= maxPendingOfSocket || !core.pending.take()) {
      this.#refuse(connection);
      return;
    }
    this.#pending++;
    try {
      await this.#admitOne(connection);
    } catch (error) {
      this.#report(CrucibleError.from(error, "HANDSHAKE_FAILED"), connection.peer);
      // It keeps its place while it is told why: else those that never read could be many.
      await this.#linger(connection);
    } finally {
      this.#pending--;
      core.pending.free();
    }
  }

  async #admitOne(connection: Connection): Promise<void> {
    const { core, pluginId, pluginKey, encryption, handoff, checkPeer } = this.#options;
    const { staticKey, limits, compression, clock, authority, verifier, resumeTimeoutMs } = core;
    let peer: PeerProcess | undefined;
    const handshake = new DaemonHandshake<Visitor>({
      suite: nodeSuite,
      staticKey,
      credentials: await authority.credentials(staticKey.publicKey),
      daemonId: authority.daemonId,
      binding: connection.binding,
      offer: offerFor(compression, { resumes: resumeTimeoutMs > 0, handoff: handoff?.arenas !== undefined }),
      verifyPlugin: async (text, presentedKey) => {
        // Before the token, which a stranger is not to use up.
        peer = await checkPeer?.(connection);
        const token = await verifier.verify(text, { staticKey: presentedKey, pluginId });
        if (Buffer.compare(presentedKey, pluginKey) === 0) return { token };
        throw new CrucibleError(
          "IDENTITY_MISMATCH",
          `the token is from another launch of plugin ${pluginId}; let the daemon launch it again`,
        );
      },
      verifyTicket: async (entry, presentedKey) => {
        await checkPeer?.(connection);
        return { entrance: this.#door.verify(entry, presentedKey) };
      },
    });
    await openAsDaemon({
      connection,
      clock,
      limits,
      encryption,
      compression,
      handshake,
      admit: (result, register): Admission => {
        if ("entrance" in result.plugin) return this.#door.admit(result.plugin.entrance, register, this.#announced());
        try {
          if (handoff?.use === "on" && !result.choice.features.includes(handoffFeature)) {
            throw new CrucibleError(
              "HANDOFF_UNAVAILABLE",
              `plugin ${pluginId} takes no shared memory, and handoff is on; set it to auto, or the plugin's`,
            );
          }
          return this.#admit(result.plugin.token, result, register);
        } catch (error) {
          if (!this.#admitted) this.#options.onRefused(CrucibleError.from(error));
          throw error;
        }
      },
      open: (opened) => this.#open(opened, peer),
    });
  }

  #admit(
    token: VerifiedToken,
    { choice, remoteStaticKey }: DaemonHandshakeResult<Visitor>,
    register: PluginRegister,
  ): Admission {
    const { core, pluginId, capabilities } = this.#options;
    if (this.#admitted || this.#closed) {
      throw new CrucibleError("PLUGIN_ID_IN_USE", `plugin ${pluginId} has a session already, or is being stopped`);
    }
    const { warning, features } = choice;
    const granted = admit(
      register,
      { pluginId, capabilities, registry: core.registry },
      warning === undefined ? [] : [warning],
    );
    core.verifier.settle(token);
    this.#admitted = true;
    const entered = features.includes(joinFeature) || features.includes(resumeFeature);
    const ticket = entered ? { sessionTicket: this.#door.issue(remoteStaticKey) } : {};
    return { ...drawSessionId(), answer: { ...this.#announced(), ...granted, ...ticket } };
  }

  /** What every connection is told. */
  #announced(): PluginRegisteredInit {
    const { core, maxConnections } = this.#options;
    const { maxFrameBytes, maxMessageBytes, maxCalls, heartbeatIntervalMs } = core.limits;
    return { limits: { maxFrameBytes, maxMessageBytes, maxCalls, maxConnections }, heartbeatIntervalMs };
  }

  #open(opened: DaemonOpened<Visitor>, peer: PeerProcess | undefined): void {
    const { handshake, link, register } = opened;
    const { plugin } = handshake;
    if ("entrance" in plugin) this.#door.enter(plugin.entrance, link, register);
    else this.#door.open(this.#options.onOpened(opened, peer));
  }

  #refuse(connection: Connection): void {
    const { core, pluginId } = this.#options;
    const error = new CrucibleError(
      "TOO_MANY_CONNECTIONS",
      `too many connections to plugin ${pluginId}'s socket have not registered; try again later`,
    );
    this.#report(error, connection.peer);
    if (this.#refusing >= maxRefusing) {
      connection.abort();
      return;
    }
    this.#refusing++;
    const handler = { checkHeader: () => maxHandshakeBytes, onFrame: () => {}, onClosed: () => {} };
    const { clock, limits } = core;
    const link = new Link(connection, handler, { clock, frameTimeoutMs: limits.frameTimeoutMs });
    link.start();
    link.fail(error);
    void this.#linger(connection).finally(() => {
      this.#refusing--;
    });
  }

  /** Gives a connection that has been told an error the time to read it, then cuts it. */
  #linger(connection: Connection): Promise<void> {
    return new Promise((resolve) => {
      this.#options.core.clock.after(lingerMs, () => {
        connection.abort();
        resolve();
      });
    });
  }

  #report(error: CrucibleError, peer: string): void {
    const { core, pluginId } = this.#options;
    // Another daemon that looks whether somebody listens connects and goes.
    const level = error.reason === "PEER_LOST" ? "debug" : "warn";
    core.log({ level, pluginId, reason: error.reason, message: `connection ${peer} was refused: ${error.message}` });
  }
}
