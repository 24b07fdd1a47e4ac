import { createInterface, type Interface } from "node:readline";
import type { CliHost } from "./host.js";
import { createPaint } from "./print.js";

/** Asks the person at the terminal, one question after the other. */
export interface Asker extends Disposable {
  /**
   * Asks until the answer will do.
   *
   * @param preset taken when the answer is empty.
   * @param check what is wrong with an answer; undefined when it will do.
   */
  ask(question: string, preset: string, check: (answer: string) => string | undefined): Promise<string>;
}

/** Whether somebody is there to answer. */
export function canAsk({ stdin, stdout, env }: CliHost): boolean {
  return stdout.isTTY === true && stdin.isTTY === true && !env["CI"];
}

/** Begins to read answers from stdin. */
export function createAsker({ stdin, stdout, env, signal }: CliHost): Asker {
  const paint = createPaint(stdout.isTTY === true, env);
  // The terminal itself echoes and edits the line.
  const reader: Interface = createInterface({ input: stdin, terminal: false });
  const lines = reader[Symbol.asyncIterator]();
  const stop = (): void => reader.close();
  signal.addEventListener("abort", stop, { once: true });
  return {
    async ask(question, preset, check) {
      for (;;) {
        stdout.write(`${question} ${paint.quiet(`(${preset})`)} `);
        const { done, value } = await lines.next();
        signal.throwIfAborted();
        // End of input: whoever left takes what there is.
        if (done === true) stdout.write("\n");
        const answer = done === true || value.trim() === "" ? preset : value.trim();
        const wrong = check(answer);
        if (wrong === undefined || done === true) return answer;
        stdout.write(`${paint.bad(wrong)}\n`);
      }
    },
    [Symbol.dispose]() {
      signal.removeEventListener("abort", stop);
      stop();
    },
  };
}
