// What a command gets of the process it runs in, and gives back.

/** How a run ends. Scripts may rely on the numbers; docs/commands.md lists them. */
export const ExitCode = {
  Ok: 0,
  /** Something of the user's has to be put right: a .proto, a setting, a folder. */
  Mistake: 1,
  /** An unknown command or option. */
  Usage: 2,
  /** A fault of crucible-gen itself. */
  Internal: 70,
  /** A call that failed: this number plus the code of its error, 101 to 116. */
  Call: 100,
  /** Ended by Ctrl-C, as shells count it. */
  Interrupted: 130,
} as const;
/** One of {@link ExitCode}, or a number from 101 to 116. */
export type ExitCode = number;

/** Where lines go. */
export interface CliOutput {
  readonly isTTY?: boolean;
  readonly columns?: number;
  /** What a stream answers to its last write: false when it wants to be waited for. */
  readonly writableNeedDrain?: boolean;
  write(text: string): unknown;
  once?(event: "drain" | "close", listener: () => void): unknown;
  off?(event: "drain" | "close", listener: () => void): unknown;
}

/** Where answers and requests come from. */
export type CliInput = NodeJS.ReadableStream & { readonly isTTY?: boolean };

/** What a command may touch. */
export interface CliHost {
  /** Working directory, absolute. */
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Read by commands that ask or are told to; others leave it alone. */
  readonly stdin: CliInput;
  readonly stdout: CliOutput;
  readonly stderr: CliOutput;
  /** Ends the work when it aborts. */
  readonly signal: AbortSignal;
}

/** Arguments that make no sense; the message says why. */
export class UsageError extends Error {}

/** A command that ends with an exit code of its own, and one line that says why. */
export class CommandFailure extends Error {
  readonly exitCode: ExitCode;
  /** What `--json` tells beside the message. */
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(exitCode: ExitCode, message: string, facts: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.exitCode = exitCode;
    this.facts = facts;
  }
}

/** Writes a line and waits while the reader is behind. */
export async function writeLine(output: CliOutput, line: string): Promise<void> {
  if (output.write(`${line}\n`) !== false || output.writableNeedDrain !== true || output.once === undefined) return;
  await new Promise<void>((resolve) => {
    // Standard output that nobody reads closes again at each write, and never drains: neither may leave the other behind.
    const done = (): void => {
      output.off?.("drain", done);
      output.off?.("close", done);
      resolve();
    };
    output.once?.("drain", done);
    output.once?.("close", done);
  });
}
