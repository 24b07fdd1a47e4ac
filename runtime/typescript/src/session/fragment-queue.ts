import { CrucibleError } from "../error/index.js";
import { Flag, FrameType, overheadBytes } from "../frame/frame.js";
import { Advance } from "./advance.js";
import type { Call, Outgoing } from "./call.js";
import type { Handoff } from "./handoff/handoff.js";
import type { OutgoingRegion } from "./handoff/outgoing-regions.js";
import { maxAdvancedFragmentBytes, maxFragmentBytes, maxWindowBytes } from "./limits.js";
import { Line } from "./line.js";
import type { Link } from "./link.js";
import type { MessageIds } from "./message-ids.js";
import { giveScratch } from "./scratch.js";

/** A fragment smaller than this waits for more credit, unless it is the rest: it holds the largest head. */
const leastFragmentBytes = 20_480;
/** What a payload grows by when it is sealed. */
const sealBytes = 16;

/** Messages that wait, and leave in fragments as credit and the transport allow, a fragment a call in turn. */
export class FragmentQueue {
  readonly #link: Link;
  readonly #ids: MessageIds;
  readonly #handoff: Handoff | undefined;
  /** What may be sent beyond windows. */
  readonly advance: Advance;
  /** The largest fragment of a call that is not compressed. */
  readonly #fragmentBytes: number;
  /** Calls whose next fragment fits their window. */
  readonly #line = new Line();

  /** `maxFrameBytes` is what the peer takes as the payload of a frame; `ids` are those of the connection. */
  constructor(link: Link, maxFrameBytes: number, ids: MessageIds, handoff: Handoff | undefined) {
    this.#link = link;
    this.advance = new Advance(link.advanceBytes);
    this.#fragmentBytes =
      link.advanceBytes === 0 ? maxFragmentBytes : Math.min(maxAdvancedFragmentBytes, maxFrameBytes - sealBytes);
    this.#ids = ids;
    this.#handoff = handoff;
  }

  /** Sends a message as credit and the transport allow, behind what waits for its call. */
  enqueue(call: Call, outgoing: Outgoing): void {
    if (call.ended) {
      if (outgoing.region !== undefined) this.#handoff!.drop(outgoing.region);
      return;
    }
    if (call.queue === undefined) call.queue = [outgoing];
    else call.queue.push(outgoing);
    // Ids reach the peer in the order they were drawn, so the first fragment of a Request never waits; it always fits.
    if (outgoing.type === FrameType.Request) this.#fragment(call);
    if (call.queue !== undefined) this.#line.add(call);
    this.pump();
  }

  /** Sends what waits, a fragment a call in turn, until credit, the transport or the end of this turn stops it. */
  pump(): void {
    while (this.#line.size > 0 && !this.#link.waits) {
      const call = this.#line.take()!;
      // One that has too little credit is in line again when it is granted more.
      if (this.#fragment(call) && call.queue !== undefined) this.#line.add(call);
    }
  }

  /** Sends the next fragment of a call; false when it must wait for credit. */
  #fragment(call: Call): boolean {
    const outgoing = call.queue![0]!;
    const rest = outgoing.bytes.length - outgoing.sent;
    // Events have their window and nothing beyond it.
    const isEvent = outgoing.type === FrameType.Event;
    const room = isEvent ? call.sendWindow : this.advance.room(call.sendWindow);
    const size = Math.min(rest, isEvent ? maxFragmentBytes : this.mostBytes(call), room - overheadBytes);
    if (size < Math.min(rest, leastFragmentBytes)) return false;
    const last = size === rest;
    const { writer } = this.#link;
    const flags = last ? outgoing.flags : (outgoing.flags & ~Flag.EndStream) | Flag.More;
    if (outgoing.id === 0) {
      outgoing.id = this.#ids.draw();
      outgoing.onId?.(outgoing.id);
    }
    const start = writer.begin(outgoing.type, flags, outgoing.id, size);
    writer.arena.set(outgoing.bytes.subarray(outgoing.sent, outgoing.sent + size), start);
    this.charge(call, overheadBytes + size);
    outgoing.sent += size;
    const { region } = outgoing;
    const end = region === undefined ? this.shrunk(call, start, start + size) : start + size;
    if (last) {
      if (outgoing.kept !== true) giveScratch(outgoing.bytes);
      call.queue!.shift();
      if (call.queue!.length === 0) {
        call.queue = undefined;
        this.#line.delete(call);
      }
    }
    if (region === undefined) this.#link.sendMany(end, overheadBytes + size, call.sealed);
    else this.sendRegion(call, end, region);
    if (call.queue === undefined) call.onSent();
    return true;
  }

  /** More credit for a call. */
  granted(call: Call, bytes: number): void {
    call.sendWindow = this.advance.grant(call.sendWindow, bytes);
    if (call.sendWindow > maxWindowBytes) {
      throw new CrucibleError(
        "BAD_CREDIT",
        `credit raises a window above ${maxWindowBytes} bytes; grant what was consumed`,
      );
    }
    if (call.queue === undefined) return;
    this.#line.add(call);
    this.pump();
  }

  /** Forgets what waits for a call that has ended. */
  forget(call: Call): void {
    call.sendWindow = this.advance.forgive(call.sendWindow);
    if (call.queue === undefined) return;
    for (const { bytes, kept, region } of call.queue) {
      if (region !== undefined) this.#handoff!.drop(region);
      else if (kept !== true) giveScratch(bytes);
    }
    call.queue = undefined;
    this.#line.delete(call);
  }

  // ---- how a frame leaves, one that has waited or not

  /** The largest fragment of a call. */
  mostBytes(call: Call): number {
    return call.shrinker === undefined ? this.#fragmentBytes : maxFragmentBytes;
  }

  /** Takes the cost of a frame from the window of its call, and from the advance. */
  charge(call: Call, cost: number): void {
    call.sendWindow = this.advance.charge(call.sendWindow, cost)!;
  }

  /** Sends the frame that ends at `end`, and names a region. It took as long as if it had its body in it. */
  sendRegion(call: Call, end: number, region: OutgoingRegion): void {
    this.#handoff!.announce(region, call);
    this.#link.send(end, false);
    this.#link.countTurn(region.length);
  }

  /** The end of the payload `[start, end)` as it is to be sent. */
  shrunk(call: Call, start: number, end: number): number {
    return call.shrinker === undefined ? end : call.shrinker.shrink(this.#link.writer, start, end);
  }
}
