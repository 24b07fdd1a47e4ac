// The door for people: arguments in, a few lines and an exit code out.
import yargs, { type Argv } from "yargs";
import { type Arguments, type Command, commandName } from "./commands/command.js";
import { commands } from "./commands/commands.js";
import { type CliHost, CommandFailure, ExitCode, UsageError } from "./commands/host.js";
import { createPaint } from "./commands/print.js";
import { usageText } from "./commands/usage-text.js";
import { formatMistake, GeneratorError, type Mistake } from "./errors.js";
import { packageVersion } from "./package-root.js";
import { jsonLine, printable } from "./printable.js";

export { type CliHost, type CliOutput, ExitCode } from "./commands/host.js";

/** The most mistakes told at once: the first ones usually bring about the rest. */
const maxMistakes = 20;

/** What is told of an error: its lines, and what `--json` says beside each. */
interface Told extends Mistake {
  readonly facts?: Readonly<Record<string, unknown>>;
}

/** Runs one command. It never throws: what went wrong is told in one line each, and by the exit code. */
export async function runCli(args: readonly string[], host: CliHost): Promise<ExitCode> {
  try {
    return await dispatch(args, host);
  } catch (error) {
    const [code, mistakes] = explain(error, args, host);
    if (args.includes("--json")) {
      const errors = mistakes.map(({ message, location, facts }) => ({ message, ...location, ...facts }));
      host.stdout.write(`${jsonLine({ ok: false, exitCode: code, errors })}\n`);
      return code;
    }
    const { bad } = createPaint(host.stderr.isTTY === true, host.env);
    for (const one of mistakes.slice(0, maxMistakes)) {
      host.stderr.write(
        one.location === undefined ? `${bad("error")}: ${printable(one.message)}\n` : `${formatMistake(one)}\n`,
      );
    }
    if (mistakes.length > maxMistakes) host.stderr.write(`... and ${mistakes.length - maxMistakes} more\n`);
    return code;
  }
}

async function dispatch(args: readonly string[], host: CliHost): Promise<ExitCode> {
  let help = "";
  const guarded = guardTexts(args);
  const parse = createParser(host).parseAsync(guarded.args, {}, (error, _argv, output) => {
    if (error) throw error;
    help = output;
  });
  const parsed = guarded.restore(await parse);
  if (help !== "") {
    host.stdout.write(`${help}\n`);
    return ExitCode.Ok;
  }
  const [name] = parsed["_"] as readonly unknown[];
  const command = commands.find((one) => commandName(one) === name) as Command;
  if (command.takesCommand !== true && parsed["--"] !== undefined) throw new UsageError(`${String(name)} takes no --`);
  return command.run(parsed, host);
}

/**
 * Hides from yargs what it would change: it takes quotes off texts, and a lone hyphen (stdin, by custom) away. What it
 * made of the arguments gets them back.
 */
function guardTexts(args: readonly string[]): { args: string[]; restore(parsed: Arguments): Arguments } {
  const hidden = new Map<string, string>();
  const hide = (text: string, i: number): string => {
    if (text !== "-" && !/^["']/.test(text)) return text;
    const mark = `\u0001${i}`;
    hidden.set(mark, text);
    return mark;
  };
  const show = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(show);
    return typeof value === "string" ? (hidden.get(value) ?? value) : value;
  };
  return {
    args: args.map(hide),
    restore: (parsed) => Object.fromEntries(Object.entries(parsed).map(([name, value]) => [name, show(value)])),
  };
}

function createParser(host: CliHost): Argv {
  const parser = yargs()
    .scriptName("crucible-gen")
    // What follows -- is a program of the user: its options are not ours.
    .parserConfiguration({ "populate--": true, "parse-numbers": false, "parse-positional-numbers": false })
    .usage("$0 <command>\n\nPlugin systems from .proto files: typed code for both sides, and what is needed around it.")
    .demandCommand(1, 1, "no command is given", "one command at a time")
    .strict()
    .recommendCommands()
    .version(packageVersion())
    .help()
    .alias("help", "h")
    .locale("en")
    .wrap(Math.min(host.stdout.columns ?? 80, 100))
    .epilogue(
      "crucible-gen <command> --help tells more of each.\n\n" +
        "Exit codes: 0 done, 1 something of yours has to be put right, 2 unknown command or option, " +
        "70 a fault of crucible-gen, 101 to 116 a call failed, 130 interrupted.",
    )
    .exitProcess(false)
    .fail((message, error) => {
      throw message ? new UsageError(message) : error;
    });
  for (const command of commands) {
    parser.command(command.usage, command.summary, (one) => command.describe(one));
  }
  return parser;
}

/** The exit code of an error, and what to say of it. */
function explain(error: unknown, args: readonly string[], host: CliHost): [ExitCode, readonly Told[]] {
  if (host.signal.aborted) {
    // Whoever read the output has left, as `head` does: there is nobody to tell.
    if ((host.signal.reason as NodeJS.ErrnoException).code === "EPIPE") return [ExitCode.Interrupted, []];
    const said = error instanceof CommandFailure ? error.message : "interrupted: nothing was changed";
    return [ExitCode.Interrupted, say(said)];
  }
  if (error instanceof GeneratorError) return [ExitCode.Mistake, error.mistakes];
  if (error instanceof CommandFailure) return [error.exitCode, say(error.message, error.facts)];
  if (error instanceof UsageError) return [ExitCode.Usage, say(usageText(error.message, args, commands))];
  const text = error instanceof Error ? error.message : String(error);
  if (host.env["CRUCIBLE_DEBUG"] === "1" && error instanceof Error) host.stderr.write(`${error.stack ?? text}\n`);
  return [ExitCode.Internal, say(`a fault of crucible-gen: ${firstLine(text)} (report it with CRUCIBLE_DEBUG=1 set)`)];
}

function say(message: string, facts: Readonly<Record<string, unknown>> = {}): readonly Told[] {
  return [{ location: undefined, message, facts }];
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}
