import type { Link } from "../session/link.js";

/**
 * The connections of a session as the system knows them. One that has been closed is among them until its other side has ended
 * it too, or its time is over: a plugin that keeps them would have as many as it likes otherwise.
 */
export class HeldConnections {
  readonly #links: Set<Link> = new Set();

  get count(): number {
    return this.#links.size;
  }

  /** One more, until it is gone. */
  add(link: Link): void {
    this.#links.add(link);
    link.onGone = () => this.#links.delete(link);
  }

  /** Cuts what is closed and still there. */
  cutClosed(): void {
    for (const link of this.#links) if (link.closed) link.cut();
  }
}
