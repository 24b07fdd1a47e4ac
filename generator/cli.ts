// The door for people: arguments in, a few lines and an exit code out.
import yargs, { type Argv } from "yargs";
import { generate } from "./commands/generate.js";
import { createPaint, printReport } from "./commands/print.js";
import { formatMistake, GeneratorError, type Mistake } from "./errors.js";
import { packageVersion } from "./package-root.js";

/** How a run ends. Scripts may rely on the numbers. */
export const ExitCode = {
  Ok: 0,
  /** Something of the user's has to be put right: a .proto, a setting, a folder. */
  Mistake: 1,
  /** An unknown command or option. */
  Usage: 2,
  /** A fault of crucible-gen itself. */
  Internal: 70,
  /** Ended by Ctrl-C, as shells count it. */
  Interrupted: 130,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** Where lines go. */
export interface CliOutput {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** What the command may touch. */
export interface CliHost {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly stdout: CliOutput;
  readonly stderr: CliOutput;
  /** Ends the work when it aborts. */
  readonly signal: AbortSignal;
}

/** The most mistakes told at once: the first ones usually bring about the rest. */
const maxMistakes = 20;

/** Arguments that make no sense; the message says why. */
class UsageError extends Error {}

/** Runs one command. It never throws: what went wrong is told in one line each, and by the exit code. */
export async function runCli(args: readonly string[], host: CliHost): Promise<ExitCode> {
  try {
    return await dispatch(args, host);
  } catch (error) {
    const [code, mistakes] = explain(error, host);
    if (args.includes("--json")) {
      const errors = mistakes.map(({ message, location }) => ({ message, ...location }));
      host.stdout.write(`${JSON.stringify({ ok: false, exitCode: code, errors })}\n`);
      return code;
    }
    const { bad } = createPaint(host.stderr.isTTY === true, host.env);
    for (const one of mistakes.slice(0, maxMistakes)) {
      host.stderr.write(one.location === undefined ? `${bad("error")}: ${one.message}\n` : `${formatMistake(one)}\n`);
    }
    if (mistakes.length > maxMistakes) host.stderr.write(`... and ${mistakes.length - maxMistakes} more\n`);
    return code;
  }
}

async function dispatch(args: readonly string[], host: CliHost): Promise<ExitCode> {
  let help = "";
  const parsed = await createParser(host).parseAsync([...args], {}, (error, _argv, output) => {
    if (error) throw error;
    help = output;
  });
  if (help !== "") {
    host.stdout.write(`${help}\n`);
    return ExitCode.Ok;
  }
  const report = await generate({
    cwd: host.cwd,
    env: host.env,
    config: parsed.config,
    out: parsed.out,
    skeleton: parsed.skeleton,
    signal: host.signal,
  });
  const paint = createPaint(host.stdout.isTTY === true, host.env);
  host.stdout.write(parsed.json ? `${JSON.stringify({ ok: true, ...report })}\n` : printReport(report, paint));
  return ExitCode.Ok;
}

function createParser(host: CliHost) {
  return describeGenerate(yargs())
    .scriptName("crucible-gen")
    .usage(
      "$0 generate\n\nTurns .proto files into typed plugins: codecs, validators, a stub for the daemon, a base for the plugin.",
    )
    .command("generate", "write what the .proto files ask for", (command) => describeGenerate(command))
    .demandCommand(1, 1, "no command is given", "one command at a time")
    .strict()
    .recommendCommands()
    .version(packageVersion())
    .help()
    .alias("help", "h")
    .locale("en")
    .wrap(Math.min(host.stdout.columns ?? 80, 100))
    .exitProcess(false)
    .fail((message, error) => {
      throw message ? new UsageError(message) : error;
    });
}

/** The only command is described with the program as well as by itself: whoever asks either for help learns all. */
function describeGenerate<T>(parser: Argv<T>) {
  return parser
    .option("config", {
      type: "string",
      requiresArg: true,
      describe: "what to generate; without it buf.gen.yaml, which is written when it is not there",
    })
    .option("out", {
      type: "string",
      requiresArg: true,
      describe: "folder for generated code, instead of `out` in buf.gen.yaml",
    })
    .option("skeleton", {
      type: "boolean",
      default: true,
      describe: "write src/<service>.ts, once, for each service that a plugin hosts (--no-skeleton: do not)",
    })
    .option("json", { type: "boolean", default: false, describe: "print one JSON object instead of text" })
    .example([
      ["$0 generate", "proto/**/*.proto into gen/, src/<service>.ts to fill in"],
      ["$0 generate --no-skeleton", "for a daemon: only gen/"],
      ["$0 generate --json", "what has changed, for scripts"],
    ])
    .epilogue(
      "Schemas may import crucible/options/v1/options.proto and buf/validate/validate.proto: both come with crucible-gen. " +
        "Files whose content stays the same are not touched; generated files whose .proto is gone are deleted; " +
        "files of yours are never changed. A folder for generated code belongs to one buf.gen.yaml.\n\n" +
        "Exit codes: 0 done, 1 something of yours has to be put right, 2 unknown command or option, " +
        "70 a fault of crucible-gen, 130 interrupted.",
    );
}

/** The exit code of an error, and what to say of it. */
function explain(error: unknown, host: CliHost): [ExitCode, readonly Mistake[]] {
  if (host.signal.aborted) return [ExitCode.Interrupted, say("interrupted: nothing was changed")];
  if (error instanceof GeneratorError) return [ExitCode.Mistake, error.mistakes];
  if (error instanceof UsageError) {
    return [ExitCode.Usage, say(`${lowerFirst(firstLine(error.message))}: run "crucible-gen --help"`)];
  }
  const text = error instanceof Error ? error.message : String(error);
  if (host.env["CRUCIBLE_DEBUG"] === "1" && error instanceof Error) host.stderr.write(`${error.stack ?? text}\n`);
  return [ExitCode.Internal, say(`a fault of crucible-gen: ${firstLine(text)} (report it with CRUCIBLE_DEBUG=1 set)`)];
}

function say(message: string): readonly Mistake[] {
  return [{ location: undefined, message }];
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
