import type { Argv } from "yargs";
import type { CliHost, ExitCode } from "./host.js";

/** The values of a command's arguments, by name. */
export type Arguments = Readonly<Record<string, unknown>>;

/** One command: how it is described, and where its work begins. What the work needs is loaded when it runs. */
export interface Command {
  /** Its name and positional arguments as yargs writes them, such as `call [method] [request]`. */
  readonly usage: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Whether a program with its arguments may follow behind `--`. Default: false. */
  readonly takesCommand?: true;
  /** Adds its options, examples and what else `--help` tells. */
  describe(parser: Argv): Argv;
  /**
   * Does it.
   *
   * @throws GeneratorError, CommandFailure or UsageError with what went wrong; anything else is a fault of ours.
   */
  run(args: Arguments, host: CliHost): Promise<ExitCode>;
}

/** The first word of {@link Command.usage}. */
export function commandName({ usage }: Command): string {
  return usage.split(" ", 1)[0] ?? usage;
}

/** The option every command has. */
export function addJson<T>(parser: Argv<T>, describe = "print one JSON object instead of text"): Argv<T> {
  return parser.option("json", { type: "boolean", default: false, describe }) as unknown as Argv<T>;
}

/** A text argument, if it was given. */
export function textOf(args: Arguments, name: string): string | undefined {
  const value = args[name];
  // A text option that is given twice comes as a list: the last one counts, as with most programs.
  const last: unknown = Array.isArray(value) ? value.at(-1) : value;
  return typeof last === "string" ? last : undefined;
}

/** Every text that was given for an argument that may be repeated, in order. */
export function textsOf(args: Arguments, name: string): string[] {
  return [args[name] ?? []].flat().filter((value) => typeof value === "string");
}

/** Whether a flag was given. */
export function flagOf(args: Arguments, name: string): boolean {
  const value = args[name];
  return (Array.isArray(value) ? value.at(-1) : value) === true;
}

/** The program and its arguments behind `--`, if there is one. */
export function commandOf(args: Arguments): readonly [string, ...string[]] | undefined {
  const [program, ...rest] = ((args["--"] ?? []) as readonly unknown[]).map(String);
  return program === undefined ? undefined : [program, ...rest];
}
