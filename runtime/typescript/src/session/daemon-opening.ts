import { CrucibleError } from "../error/index.js";
import { FrameType } from "../frame/frame.js";
import {
  decodePluginRegister,
  encodePluginRegistered,
  type PluginRegisteredInit,
} from "../gen/crucible/ipc/v1/control_codec.js";
import type { PluginRegister } from "../gen/crucible/ipc/v1/control_pb.js";
import { encodeResponse } from "../gen/crucible/ipc/v1/envelope_codec.js";
import { demandOf, requireSealing, stricter, toWire } from "./encryption.js";
import type { DaemonHandshake, DaemonHandshakeResult } from "./handshake/daemon-handshake.js";
import { maxRegisterBytes } from "./limits.js";
import type { Link } from "./link.js";
import { Opening, type OpeningOptions } from "./opening.js";

/** What the daemon says to a plugin that registers. */
export interface Admission {
  /** The session id, drawn by the daemon; not 0. */
  readonly sessionHi: number;
  readonly sessionLo: number;
  readonly answer: PluginRegisteredInit;
}

export interface DaemonOpeningOptions<Identity, Opened> extends OpeningOptions {
  readonly handshake: DaemonHandshake<Identity>;
  /** Admits the plugin, or throws the CrucibleError that refuses it. */
  readonly admit: (handshake: DaemonHandshakeResult<Identity>, register: PluginRegister) => Admission;
  /** Takes the link over, at once, so that nothing that happens to it is missed. */
  readonly open: (registered: DaemonOpened<Identity>) => Opened;
}

/** A connection that is registered. */
export interface DaemonOpened<Identity> {
  readonly link: Link;
  readonly register: PluginRegister;
  readonly handshake: DaemonHandshakeResult<Identity>;
  readonly answer: PluginRegisteredInit;
  /** The session id that it was given. */
  readonly sessionHi: number;
  readonly sessionLo: number;
}

/**
 * The daemon's side of a new connection, from the first byte to the answer of the registration.
 *
 *   NEW ─message 1─▶ GREETED ─message 3─▶ VERIFYING ─token verified─▶ REGISTERING ─PluginRegister─▶ OPEN
 *
 * The plugin sends its registration right behind message 3: while the token is verified, frames are held.
 */
class DaemonOpening<Identity, Opened> extends Opening<Opened> {
  readonly #options: DaemonOpeningOptions<Identity, Opened>;
  #phase: "new" | "greeted" | "registering" = "new";
  #handshake: DaemonHandshakeResult<Identity> | undefined;

  constructor(options: DaemonOpeningOptions<Identity, Opened>) {
    super(options);
    this.#options = options;
    this.link.start();
  }

  protected override due(): number {
    return this.#phase === "registering" ? FrameType.PluginRegister : FrameType.Handshake;
  }

  protected override onDue(payload: Uint8Array): void {
    switch (this.#phase) {
      case "new":
        this.#greet(payload);
        this.#phase = "greeted";
        return;
      case "greeted":
        this.#phase = "registering";
        this.link.hold(maxRegisterBytes);
        this.#options.handshake.message3(payload).then(
          (result) => this.#onVerified(result),
          (error: unknown) => this.#onRefuted(error),
        );
        return;
      case "registering":
        this.#onRegister(payload);
    }
  }

  #greet(message1: Uint8Array): void {
    const { handshake } = this.#options;
    const message2 = handshake.message1(message1);
    this.requireSealing(handshake.features);
    this.link.sendControl(FrameType.Handshake, 0, 0, message2, false);
  }

  #onVerified(result: DaemonHandshakeResult<Identity>): void {
    if (this.link.closed) return;
    this.#handshake = result;
    this.startRegistering();
    this.link.setCiphers(result.send, result.receive);
    this.link.release();
  }

  /** The proof does not hold. Whoever it is has the keys of this connection, and nobody else is told. */
  #onRefuted(error: unknown): void {
    const { ciphers } = this.#options.handshake;
    if (ciphers !== undefined) this.link.setCiphers(ciphers.send, ciphers.receive);
    this.link.fail(error, true);
  }

  #onRegister(payload: Uint8Array): void {
    try {
      this.#admit(payload);
    } catch (error) {
      this.link.fail(error, true);
    }
  }

  #admit(payload: Uint8Array): void {
    const handshake = this.#handshake!;
    let register: PluginRegister;
    try {
      register = decodePluginRegister(payload);
    } catch (error) {
      throw new CrucibleError("REGISTER_INVALID", "PluginRegister cannot be decoded", { cause: error });
    }
    const encryption = stricter(this.wanted, demandOf(register.encryption));
    requireSealing(encryption, handshake.choice.features, this.link.peer);
    const { sessionHi, sessionLo, ...admission } = this.#options.admit(handshake, register);
    const answer = { ...admission.answer, encryption: toWire(encryption) };
    this.link.setSession(sessionHi, sessionLo);
    this.sendRegister(FrameType.Response, encodeResponse({ body: encodePluginRegistered(answer) }));
    this.agree(encryption, handshake.choice.features);
    this.succeed(this.#options.open({ link: this.link, register, handshake, answer, sessionHi, sessionLo }));
  }
}

/** Opens a connection as the daemon; resolves with what `open` made of it. Rejects with what ended it; the plugin has been told. */
export function openAsDaemon<Identity, Opened>(options: DaemonOpeningOptions<Identity, Opened>): Promise<Opened> {
  return new DaemonOpening(options).done;
}
