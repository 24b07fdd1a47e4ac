import { createPaint } from "./print.js";
import type { CliHost } from "./host.js";

/** How long work may take before it says what it does, and how often that is drawn again. */
const patienceMs = 1_000;
const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"] as const;
const frameMs = 100;

/** A line on the terminal that says what takes so long. Gone when the work is done. */
export interface Progress extends Disposable {
  /** What is done from now on, such as `compiling proto`. */
  say(step: string): void;
}

/**
 * Shows steps of work on stderr once they take longer than a second. Where stderr is no terminal, nothing is printed:
 * logs stay as they were.
 */
export function createProgress(
  { stderr, env }: Pick<CliHost, "stderr" | "env">,
  delayMs: number = patienceMs,
): Progress {
  if (stderr.isTTY !== true || env["TERM"] === "dumb") return { say: () => {}, [Symbol.dispose]: () => {} };
  const { quiet } = createPaint(true, env);
  const begun = performance.now();
  let step = "working";
  let drawn = false;
  let count = 0;
  let timer: NodeJS.Timeout | undefined = setTimeout(draw, delayMs);
  timer.unref();
  function draw(): void {
    const seconds = Math.round((performance.now() - begun) / 1000);
    stderr.write(`\r\u001b[K${frames[count++ % frames.length]} ${step} ${quiet(`${seconds} s`)}`);
    drawn = true;
    timer = setTimeout(draw, frameMs);
    timer.unref();
  }
  return {
    say(next) {
      step = next;
    },
    [Symbol.dispose]() {
      clearTimeout(timer);
      if (drawn) stderr.write("\r\u001b[K");
      drawn = false;
    },
  };
}
