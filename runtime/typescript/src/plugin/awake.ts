/** The longest timer of the platform, in milliseconds. */
const longMs = 0x7fffffff;

/** Keeps the process alive while nothing else may: a session without a connection waits for timers that do not. */
export class Awake {
  #timer: NodeJS.Timeout | undefined;

  begin(): void {
    this.#timer ??= setInterval(() => {}, longMs);
  }

  /** May be called twice. */
  end(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
