import type { Terminal } from "./terminal.js";

const barWidth = 30;
/** How often the bar is drawn, in milliseconds: faster than this nobody sees. */
const drawEveryMs = 50;

/** A bar on a terminal; elsewhere nothing is printed. It is gone once disposed of. */
export class Progress implements Disposable {
  readonly #terminal: Terminal;
  readonly #label: string;
  readonly #total: number;
  #done = 0;
  #drawnAt = -Infinity;

  constructor(terminal: Terminal, label: string, total: number) {
    this.#terminal = terminal;
    this.#label = label;
    this.#total = Math.max(1, total);
  }

  /** One more of the total. */
  step(): void {
    this.#done = Math.min(this.#total, this.#done + 1);
    const now = performance.now();
    if (this.#terminal.isTTY !== true || (now - this.#drawnAt < drawEveryMs && this.#done < this.#total)) return;
    this.#drawnAt = now;
    const share = this.#done / this.#total;
    const full = Math.round(share * barWidth);
    const bar = "█".repeat(full) + "░".repeat(barWidth - full);
    this.#terminal.write(`\r${this.#label} ${bar} ${Math.floor(share * 100)} %`);
  }

  [Symbol.dispose](): void {
    if (this.#drawnAt > -Infinity) this.#terminal.write("\r\u001b[2K");
  }
}
