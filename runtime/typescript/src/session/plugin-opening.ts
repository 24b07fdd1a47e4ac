import { CrucibleError } from "../error/index.js";
import { FrameType } from "../frame/frame.js";
import {
  decodePluginRegistered,
  encodePluginRegister,
  type PluginRegisterInit,
} from "../gen/crucible/ipc/v1/control_codec.js";
import type { PluginRegistered } from "../gen/crucible/ipc/v1/control_pb.js";
import { decodeResponse } from "../gen/crucible/ipc/v1/envelope_codec.js";
import { announcementOf, toWire } from "./encryption.js";
import type { PluginHandshake, PluginHandshakeResult } from "./handshake/plugin-handshake.js";
import type { Link } from "./link.js";
import { Opening, type OpeningOptions } from "./opening.js";

export interface PluginOpeningOptions<Opened> extends OpeningOptions {
  readonly handshake: PluginHandshake;
  readonly register: PluginRegisterInit;
  /** Called when message 1 has left, once: to do while the daemon works what message 2 will be read with. */
  readonly whileGreeted?: () => void;
  /**
   * Takes the link over, at once: frames of the open session may already lie behind the answer. What it throws ends the
   * connection.
   */
  readonly open: (registered: PluginOpened) => Opened;
}

/** A connection that is registered. */
export interface PluginOpened {
  readonly link: Link;
  readonly registered: PluginRegistered;
  readonly handshake: PluginHandshakeResult;
}

/**
 * The plugin's side of a new connection, from the first byte to the answer of the registration.
 *
 *   message 1 ─▶ ◀─ message 2, message 3 + PluginRegister ─▶ ◀─ Response
 */
class PluginOpening<Opened> extends Opening<Opened> {
  readonly #options: PluginOpeningOptions<Opened>;
  #registering = false;

  constructor(options: PluginOpeningOptions<Opened>) {
    super(options);
    this.#options = options;
    this.link.start();
    this.link.urgent = true;
    this.link.sendControl(FrameType.Handshake, 0, 0, options.handshake.message1(), false);
    options.whileGreeted?.();
  }

  protected override due(): number {
    return this.#registering ? FrameType.Response : FrameType.Handshake;
  }

  protected override onDue(payload: Uint8Array): void {
    const { handshake, register } = this.#options;
    if (this.#registering) {
      this.#onRegistered(payload);
      return;
    }
    const message3 = handshake.message2(payload);
    this.requireSealing(handshake.result.choice.features);
    this.link.sendControl(FrameType.Handshake, 0, 0, message3, false);
    const { send, receive } = handshake.result;
    this.link.setCiphers(send, receive);
    this.#registering = true;
    this.startRegistering();
    this.link.assignment = { hi: 0, lo: 0 };
    this.sendRegister(FrameType.PluginRegister, encodePluginRegister({ ...register, encryption: toWire(this.wanted) }));
  }

  #onRegistered(payload: Uint8Array): void {
    const { link } = this;
    const { body } = decodeResponse(payload);
    if (body === undefined) throw new CrucibleError("BAD_ENVELOPE", "the answer to the registration has no body");
    const registered = decodePluginRegistered(body);
    const { hi, lo } = link.assignment!;
    link.assignment = undefined;
    link.setSession(hi, lo);
    const { handshake, open } = this.#options;
    const { features } = handshake.result.choice;
    this.agree(announcementOf(registered.encryption, this.wanted, features), features);
    this.succeed(open({ link, registered, handshake: handshake.result }));
  }
}

/**
 * Opens a connection as a plugin; resolves with what `open` made of it. Rejects with what ended it: HANDSHAKE_TIMEOUT, a
 * reason of the handshake, or the error the daemon sent.
 */
export function openAsPlugin<Opened>(options: PluginOpeningOptions<Opened>): Promise<Opened> {
  return new PluginOpening(options).done;
}
