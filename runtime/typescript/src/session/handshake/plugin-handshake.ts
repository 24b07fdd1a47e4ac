import type { CipherSuite, DhKeyPair } from "../../crypto/cipher-suite.js";
import type { VerifyDaemon } from "../../crypto/identity.js";
import { HandshakeState } from "../../crypto/noise.js";
import { CrucibleError } from "../../error/index.js";
import type { DaemonHello } from "../../gen/crucible/ipc/v1/handshake_pb.js";
import {
  DaemonHelloCodec,
  Intent,
  encodePluginHello,
  encodePluginProof,
} from "../../gen/crucible/ipc/v1/handshake_codec.js";
import { joinFeature, resumeFeature, type SessionEntry } from "./entry.js";
import { assertOffer, type Choice, negotiate, type Offer } from "./offer.js";
import { assertLength, type CipherPair, cipherPair, maxMessage2Bytes, prologueOf, readPayload } from "./payload.js";

export interface PluginHandshakeOptions {
  readonly suite: CipherSuite;
  /** The plugin's Noise key, from its launch ticket. */
  readonly staticKey: DhKeyPair;
  /** Of the connection. */
  readonly binding: Uint8Array;
  readonly offer: Offer;
  /** The daemon wanted, from the launch ticket. */
  readonly daemonId: string;
  /** Judges the daemon before anything secret is sent. */
  readonly verifyDaemon: VerifyDaemon;
  /** The JWT of the launch ticket; not shown where a session is entered. */
  readonly token: string;
  /** The session to enter. Default: a new one is opened. */
  readonly entry?: SessionEntry | undefined;
}

/** What the plugin has after message 3. */
export interface PluginHandshakeResult extends CipherPair {
  readonly choice: Choice;
  readonly daemonHello: DaemonHello;
  /** The daemon's Noise key, 32 bytes. */
  readonly remoteStaticKey: Uint8Array;
  /** The same on both sides, 32 bytes. */
  readonly handshakeHash: Uint8Array;
}

/**
 * The plugin's side of the handshake. It takes and makes the payloads of Handshake frames; frames, time and the
 * connection are its caller's. After any error it is of no more use: the connection has to end.
 *
 *   message1() ─▶ (daemon) ─▶ message2(bytes) ─▶ (daemon)
 */
export class PluginHandshake {
  readonly #options: PluginHandshakeOptions;
  readonly #noise: HandshakeState;
  #result: PluginHandshakeResult | undefined;

  constructor(options: PluginHandshakeOptions) {
    this.#options = options;
    this.#noise = new HandshakeState({
      suite: options.suite,
      initiator: true,
      prologue: prologueOf(options.binding),
      staticKey: options.staticKey,
    });
  }

  /** Makes message 1. */
  message1(): Uint8Array {
    const { offer, daemonId } = this.#options;
    return this.#noise.writeMessage(encodePluginHello({ ...offer, daemonId }));
  }

  /**
   * Takes message 2 and makes message 3, the last; then there is a result.
   *
   * @throws CrucibleError HANDSHAKE_FAILED, REFLECTION, DAEMON_IDENTITY, VERSION_MISMATCH, or DOWNGRADE when the daemon
   * has chosen otherwise than both lists say. Neither token nor ticket has been sent then.
   */
  message2(message: Uint8Array): Uint8Array {
    const { offer, verifyDaemon, token, entry } = this.#options;
    assertLength(message, 2, maxMessage2Bytes);
    const daemonHello = readPayload(DaemonHelloCodec, this.#noise.readMessage(message));
    const { remoteStaticKey } = this.#noise;
    verifyDaemon(daemonHello, remoteStaticKey);
    assertOffer(daemonHello, "daemon");
    const choice = negotiate(offer, daemonHello, "any");
    assertSameChoice(choice, daemonHello);
    if (entry !== undefined) assertEntered(entry, choice);
    const proof = encodePluginProof(entry ?? { intent: Intent.NEW, token });
    const message3 = this.#noise.writeMessage(proof);
    const { handshakeHash } = this.#noise;
    const ciphers = cipherPair(this.#noise.split(), true);
    this.#result = { ...ciphers, choice, daemonHello, remoteStaticKey, handshakeHash };
    return message3;
  }

  /** @throws CrucibleError HANDSHAKE_FAILED before message 3 is made. */
  get result(): PluginHandshakeResult {
    if (this.#result !== undefined) return this.#result;
    throw new CrucibleError("HANDSHAKE_FAILED", "the handshake is not over: there is a result after message 3");
  }
}

/** A daemon that no longer does what the session was opened with would not know the ticket either. */
function assertEntered({ intent }: SessionEntry, { features }: Choice): void {
  const feature = intent === Intent.JOIN ? joinFeature : resumeFeature;
  if (features.includes(feature)) return;
  throw new CrucibleError("HANDSHAKE_FAILED", `the daemon no longer offers ${feature}: open a new session`);
}

function assertSameChoice(choice: Choice, hello: DaemonHello): void {
  const { chosenProtocolVersion, chosenFeatures } = hello;
  const same =
    chosenProtocolVersion === choice.protocolVersion &&
    chosenFeatures.length === choice.features.length &&
    chosenFeatures.every((feature, index) => feature === choice.features[index]);
  if (same) return;
  const text =
    "the daemon has chosen other than both lists say (version or features): the connection ends; upgrade the daemon";
  throw new CrucibleError("DOWNGRADE", text);
}
