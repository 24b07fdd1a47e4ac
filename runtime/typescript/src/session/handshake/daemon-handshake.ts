import type { CipherSuite, DhKeyPair } from "../../crypto/cipher-suite.js";
import type { DaemonCredentials } from "../../crypto/identity.js";
import { HandshakeState } from "../../crypto/noise.js";
import { CrucibleError } from "../../error/index.js";
import type { PluginHello, PluginProof } from "../../gen/crucible/ipc/v1/handshake_pb.js";
import {
  encodeDaemonHello,
  Intent,
  PluginHelloCodec,
  PluginProofCodec,
} from "../../gen/crucible/ipc/v1/handshake_codec.js";
import { handoffFeature } from "../handoff/options.js";
import { joinFeature, resumeFeature, type SessionEntry } from "./entry.js";
import { assertOffer, type Choice, compatibleMajors, negotiate, type Offer } from "./offer.js";
import {
  assertLength,
  type CipherPair,
  cipherPair,
  maxMessage1Bytes,
  maxMessage3Bytes,
  prologueOf,
  readPayload,
} from "./payload.js";

/**
 * Judges the token of a plugin that has proved to own `staticKey` (32 bytes), and says who it is.
 *
 * @throws CrucibleError TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REPLAYED, IDENTITY_MISMATCH.
 */
export type VerifyPlugin<Identity> = (token: string, staticKey: Uint8Array) => Promise<Identity>;

/**
 * Judges the ticket of a session that a plugin wants to enter; it has proved to own `staticKey` (32 bytes).
 *
 * @throws CrucibleError SESSION_UNKNOWN, IDENTITY_MISMATCH.
 */
export type VerifyTicket<Identity> = (entry: SessionEntry, staticKey: Uint8Array) => Identity | Promise<Identity>;

export interface DaemonHandshakeOptions<Identity> {
  readonly suite: CipherSuite;
  /** The daemon's Noise key. */
  readonly staticKey: DhKeyPair;
  /** What vouches for that key. */
  readonly credentials: DaemonCredentials;
  readonly daemonId: string;
  /** Of the connection. */
  readonly binding: Uint8Array;
  readonly offer: Offer;
  readonly verifyPlugin: VerifyPlugin<Identity>;
  /** Needed where the offer has `join` or `resume`. */
  readonly verifyTicket?: VerifyTicket<Identity>;
}

/** What the daemon has after message 3. */
export interface DaemonHandshakeResult<Identity> extends CipherPair {
  /** What `verifyPlugin` or `verifyTicket` said. */
  readonly plugin: Identity;
  readonly choice: Choice;
  readonly intent: Intent;
  readonly pluginHello: PluginHello;
  readonly proof: PluginProof;
  /** The plugin's Noise key, 32 bytes. */
  readonly remoteStaticKey: Uint8Array;
  /** The same on both sides, 32 bytes. */
  readonly handshakeHash: Uint8Array;
}

interface Greeting {
  readonly hello: PluginHello;
  readonly choice: Choice;
}

/**
 * The daemon's side of the handshake. It takes and makes the payloads of Handshake frames; frames, time and the
 * connection are its caller's. After any error it is of no more use: the connection has to end.
 *
 *   (plugin) ─▶ message1(bytes) ─▶ (plugin) ─▶ message3(bytes)
 */
export class DaemonHandshake<Identity> {
  readonly #options: DaemonHandshakeOptions<Identity>;
  readonly #noise: HandshakeState;
  #greeting: Greeting | undefined;
  #ciphers: CipherPair | undefined;

  constructor(options: DaemonHandshakeOptions<Identity>) {
    this.#options = options;
    this.#noise = new HandshakeState({
      suite: options.suite,
      initiator: false,
      prologue: prologueOf(options.binding),
      staticKey: options.staticKey,
    });
  }

  /** The ciphers, once message 3 has been read: also a peer whose proof does not hold is told so sealed. */
  get ciphers(): CipherPair | undefined {
    return this.#ciphers;
  }

  /** The features in both lists, once message 1 has been read. */
  get features(): readonly string[] {
    return this.#greeting?.choice.features ?? [];
  }

  /**
   * Takes message 1 and makes message 2.
   *
   * @throws CrucibleError HANDSHAKE_FAILED, REFLECTION, VERSION_MISMATCH, or IDENTITY_MISMATCH when the plugin wants
   * another daemon.
   */
  message1(message: Uint8Array): Uint8Array {
    const { daemonId, credentials, offer } = this.#options;
    assertLength(message, 1, maxMessage1Bytes);
    const hello = readPayload(PluginHelloCodec, this.#noise.readMessage(message));
    if (hello.daemonId !== daemonId) {
      const text = `this is daemon ${daemonId}, and the plugin wants another: let this daemon launch the plugin again`;
      throw new CrucibleError("IDENTITY_MISMATCH", text);
    }
    assertOffer(hello, "plugin");
    const choice = negotiate(hello, offer, compatibleMajors);
    this.#greeting = { hello, choice };
    const payload = encodeDaemonHello({
      ...offer,
      ...credentials,
      chosenProtocolVersion: choice.protocolVersion,
      chosenFeatures: choice.features,
    });
    return this.#noise.writeMessage(payload);
  }

  /**
   * Takes message 3, the last.
   *
   * @throws CrucibleError HANDSHAKE_FAILED, REFLECTION, or what `verifyPlugin` and `verifyTicket` throw.
   */
  async message3(message: Uint8Array): Promise<DaemonHandshakeResult<Identity>> {
    assertLength(message, 3, maxMessage3Bytes);
    const proof = readPayload(PluginProofCodec, this.#noise.readMessage(message));
    const { remoteStaticKey, handshakeHash } = this.#noise;
    const ciphers = cipherPair(this.#noise.split(), false);
    this.#ciphers = ciphers;
    const { intent } = proof;
    const { hello, choice } = this.#greeting!;
    const plugin =
      intent === Intent.NEW
        ? await this.#options.verifyPlugin(proof.token, remoteStaticKey)
        : await this.#enter(intent, proof.sessionTicket, choice, remoteStaticKey);
    return { ...ciphers, plugin, choice, intent, pluginHello: hello, proof, remoteStaticKey, handshakeHash };
  }

  #enter(
    intent: Intent,
    sessionTicket: Uint8Array,
    choice: Choice,
    staticKey: Uint8Array,
  ): Identity | Promise<Identity> {
    const { verifyTicket } = this.#options;
    const entered = intent === Intent.JOIN ? joinFeature : resumeFeature;
    if (
      verifyTicket === undefined ||
      (intent !== Intent.JOIN && intent !== Intent.RESUME) ||
      !choice.features.includes(entered)
    ) {
      throw unservedIntent(intent);
    }
    if (choice.features.includes(handoffFeature)) {
      const text = "handoff is offered to enter a session: offer it on the first connection alone";
      throw new CrucibleError("HANDSHAKE_FAILED", text);
    }
    return verifyTicket({ intent: intent as SessionEntry["intent"], sessionTicket }, staticKey);
  }
}

function unservedIntent(intent: number): CrucibleError {
  const name = intent === Intent.JOIN ? "JOIN" : intent === Intent.RESUME ? "RESUME" : `intent ${intent}`;
  const text = `${name} is not served by this daemon: open a new session (NEW) with a token`;
  return new CrucibleError("HANDSHAKE_FAILED", text);
}
