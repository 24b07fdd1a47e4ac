import { jsonLine } from "../printable.js";
import { addJson, type Arguments, type Command, commandOf, flagOf, textOf } from "./command.js";
import { type CliHost, ExitCode, UsageError } from "./host.js";
import { createProgress } from "./progress.js";
import type { ProjectOptions } from "./project.js";

/** `crucible-gen call`. */
export const callCommand: Command = {
  usage: "call [method] [request]",
  takesCommand: true,
  summary: "call a method of a plugin: JSON in, JSON out",
  describe: (parser) =>
    addJson(
      parser
        .usage(
          "$0 call <method> [request] -- <command..>\n$0 call --command <plugin> <method> [request]\n\nLaunches a plugin, calls one of its methods and prints each response as a line of JSON.",
        )
        .positional("method", { type: "string", describe: "package.Service/Method; what is clear may be left out" })
        .positional("request", {
          type: "string",
          describe: "JSON, @file, or - for stdin: one value, or for a stream one after the other; without it {}",
        })
        .option("command", {
          type: "string",
          requiresArg: true,
          describe: "the plugin's program and its arguments, as one text instead of behind --",
        })
        .option("list", {
          type: "boolean",
          default: false,
          describe: "show what the plugin hosts; without its program, the schema",
        })
        .option("timeout", { type: "string", requiresArg: true, describe: "deadline of the call, as in 500ms, 5s, 2m" })
        .option("metadata", {
          type: "string",
          requiresArg: true,
          describe: "key=value beside the request; may be repeated",
        })
        .option("defaults", { type: "boolean", default: false, describe: "print fields that have their default too" })
        .option("quiet", { type: "boolean", default: false, describe: "drop what the plugin prints" })
        .option("config", {
          type: "string",
          requiresArg: true,
          describe: "where the schemas are; else buf.gen.yaml, or proto/",
        }),
      "print errors and lists as JSON too",
    )
      .example([
        ["$0 call --list -- node dist/search.js", "what it hosts"],
        ['$0 call acme.v1.SearchProvider/Query \'{"text":"x"}\' -- node dist/search.js', "one call"],
        ["$0 call Query @request.json --timeout 5s -- node dist/search.js", "from a file"],
        ["tail -f notes.jsonl | $0 call Index - -- ./plugin", "a stream, as it comes"],
      ])
      .epilogue(
        "JSON is that of protobuf: lowerCamelCase names, 64-bit numbers and bytes (base64) as text. The plugin is launched by a " +
          "daemon made for the call, without capabilities; it ends with the call. What it prints goes to stderr.\n\n" +
          "Exit codes: 0 answered, 1 something of yours has to be put right, 2 unknown option, 101 to 116 the call failed: " +
          "100 and the code of gRPC (103 invalid argument, 104 deadline exceeded, 112 unimplemented, 114 unavailable), 130 interrupted.",
      ),
  async run(args, host) {
    const project: ProjectOptions = {
      cwd: host.cwd,
      env: host.env,
      config: textOf(args, "config"),
      signal: host.signal,
    };
    if (flagOf(args, "list")) return list(args, host, project);
    const method = textOf(args, "method");
    const command = await programOf(args);
    if (method === undefined) throw new UsageError("call needs a method, or --list to show them");
    if (command === undefined)
      throw new UsageError("call needs the plugin's program behind --, as in call Query -- node dist/plugin.js");
    const { call } = await import("../call/call.js");
    const { parseDuration, parseMetadata } = await import("../call/arguments.js");
    const timeout = textOf(args, "timeout");
    using progress = createProgress(host);
    await call({
      ...project,
      command,
      method,
      data: textOf(args, "request"),
      timeoutMs: timeout === undefined ? undefined : parseDuration(timeout, "--timeout"),
      metadata: parseMetadata([args["metadata"] ?? []].flat() as string[]),
      defaults: flagOf(args, "defaults"),
      quiet: flagOf(args, "quiet"),
      host,
      progress,
    });
    return ExitCode.Ok;
  },
};

/** The plugin's program and its arguments: what stands behind `--`, or the text of `--command`. */
async function programOf(args: Arguments): Promise<readonly [string, ...string[]] | undefined> {
  const behind = commandOf(args);
  const text = textOf(args, "command");
  if (text === undefined) return behind;
  if (behind !== undefined) throw new UsageError("call takes --command or a program behind --, not both");
  const { splitWords } = await import("../call/words.js");
  return splitWords(text);
}

/** Shows what can be called. */
async function list(args: Arguments, host: CliHost, project: ProjectOptions): Promise<ExitCode> {
  const { failureOf, readSchema } = await import("../call/call.js");
  const { listHosted, listSchema, printList } = await import("../call/list.js");
  const { methodsOf } = await import("../call/schema.js");
  const command = await programOf(args);
  using progress = createProgress(host);
  progress.say("compiling schemas");
  const methods = methodsOf(await readSchema(project));
  let listed = listSchema(methods);
  if (command !== undefined) {
    const { launchPlugin } = await import("../call/plugin.js");
    const { loadRuntime } = await import("../call/runtime.js");
    const { createStage } = await import("../buf/stage.js");
    const runtime = await loadRuntime(host.cwd);
    using stage = createStage();
    progress.say("starting the plugin");
    const print = flagOf(args, "quiet") ? () => {} : (line: string) => void host.stderr.write(`${line}\n`);
    try {
      const { plugin, daemon } = await launchPlugin({
        ...project,
        runtime,
        command,
        stage,
        print,
      });
      await daemon.close({ graceMs: 0 });
      listed = listHosted(plugin.methods, methods);
    } catch (error) {
      throw failureOf(error, runtime, host.signal);
    }
  }
  progress[Symbol.dispose]();
  host.stdout.write(flagOf(args, "json") ? `${jsonLine({ ok: true, methods: listed })}\n` : printList(listed));
  return ExitCode.Ok;
}
