import type { Codec } from "../../codec/codec.js";
import { checkNumber } from "../../error/options.js";
import type { Call } from "../call.js";
import { Handoff, type HandoffSetup } from "../handoff/handoff.js";
import { ordinaryBuffer, type SharedBuffer } from "../handoff/shared-buffer.js";
import type { Lane } from "../lane.js";
import type { Link } from "../link.js";

/** Memory that both sides of a session share. Its first connection hands bodies off in it, and no other does. */
export class Sharing {
  /** What does; undefined where nothing is shared. */
  readonly handoff: Handoff | undefined;
  readonly #maxMessageBytes: number;
  #lane: Lane | undefined;

  /** `setup` is closed with the session, and at once where `link`, its first connection, has not agreed on it. */
  constructor(link: Link, side: "plugin" | "daemon", maxMessageBytes: number, setup: HandoffSetup | undefined) {
    this.#maxMessageBytes = maxMessageBytes;
    if (setup === undefined) return;
    const handoff = new Handoff(link, side, setup);
    if (link.handoff) this.handoff = handoff;
    else handoff.close();
  }

  /** The first connection is there. */
  begin(lane: Lane): void {
    this.#lane = lane;
  }

  /** Of the HANDOFF frame that is being handled: brings its body where `envelope` says then; see `Handoff.fetch`. */
  fetchBody(method: string, call?: Call): void {
    this.handoff!.fetch(this.#maxMessageBytes, method, call);
  }

  /**
   * Memory that a message can have in it without a copy; ordinary memory when there is none to share.
   *
   * @throws CrucibleError OPTION_INVALID unless it is for 1 to 2,147,483,648 bytes.
   */
  allocate(bytes: number): SharedBuffer {
    // Of what is no number, memory of another size would be mapped.
    checkNumber("bytes", bytes, 1, 2_147_483_648);
    if (this.handoff === undefined || this.#lane!.ending) return ordinaryBuffer(bytes);
    return this.handoff.allocate(bytes);
  }

  /** Nobody looks any more at these bytes of a message that came as a view. False when they are none. */
  releaseView(bytes: Uint8Array): boolean {
    return this.handoff?.releaseView(bytes) ?? false;
  }

  /** How many regions are not free, each way; undefined where nothing is shared. */
  get regions(): { readonly outgoing: number; readonly incoming: number } | undefined {
    return this.handoff?.regions;
  }

  /** The first connection, where it would hand off what a call sends: to it, such a call is a small one. */
  laneFor(call: Call, codec: Codec | undefined): Lane | undefined {
    const { handoff } = this;
    const lane = this.#lane!;
    if (handoff === undefined || handoff.lost || lane.ending || codec === undefined || call.sealed) return undefined;
    return handoff.wants(codec.usualBytes ?? 0) ? lane : undefined;
  }

  close(): void {
    this.handoff?.close();
  }
}
