import type { CrucibleError } from "../../error/index.js";
import type { Lane } from "../lane.js";

/** The connections of a session. */
export class Lanes {
  #all: readonly Lane[] = [];
  #usable: readonly Lane[] = [];
  #sole: Lane | undefined;

  /** All of them, in the order in which they came. */
  get all(): readonly Lane[] {
    return this.#all;
  }

  /** Those that take calls; there may be none. */
  get usable(): readonly Lane[] {
    return this.#usable;
  }

  /** The one that takes calls, where there is just one. */
  get sole(): Lane | undefined {
    return this.#sole;
  }

  /** Calls in flight, both ways. */
  get liveCalls(): number {
    let calls = 0;
    for (const lane of this.#all) calls += lane.liveCalls;
    return calls;
  }

  /** Calls that were opened here and that the peer still counts. */
  get openCalls(): number {
    let calls = 0;
    for (const lane of this.#all) calls += lane.openCalls;
    return calls;
  }

  // No spread, and below no filter where nothing goes: both leave room for 16 more.

  add(lane: Lane): void {
    this.#all = this.#all.concat(lane);
  }

  remove(lane: Lane): void {
    this.#all = this.#all.filter((one) => one !== lane);
  }

  /** Sees which of them take calls. */
  refresh(): void {
    const all = this.#all;
    this.#usable = all.some((lane) => lane.ending) ? all.filter((lane) => !lane.ending) : all;
    this.#sole = this.#usable.length === 1 ? this.#usable[0] : undefined;
  }

  /** Ends all of them at once. */
  abort(error: CrucibleError): void {
    for (const lane of this.#all) lane.abort(error);
  }
}
