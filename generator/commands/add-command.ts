import type { Argv } from "yargs";
import type { AddOptions, AddReport } from "../add/add.js";
import { addJson, type Arguments, type Command, flagOf, textOf } from "./command.js";
import { type CliHost, ExitCode } from "./host.js";
import { createPaint, type Paint, printReport } from "./print.js";
import { createProgress } from "./progress.js";

/** `crucible-gen add`. */
export const addCommand: Command = {
  usage: "add",
  summary: "add a service or a method to a .proto, and to what is made of it",
  describe: (parser) =>
    parser
      .usage(
        "$0 add service <name>\n$0 add method <service> <name>\n\nWrites what is missing into your .proto, generates, and adds the method to your class.",
      )
      .command("service <name>", "add a service without methods", describeService)
      .command("method <service> <name>", "add a method, and its messages where they are missing", describeMethod)
      .demandCommand(1, 1, "add needs to know what: service or method")
      .example([
        ["$0 add service SearchProvider", "to the only .proto there is"],
        ["$0 add method SearchProvider Query --server-stream", "with QueryRequest and QueryResponse"],
      ])
      .epilogue(epilogue),
  async run(args, host) {
    const { addMethod, addService } = await import("../add/add.js");
    using progress = createProgress(host);
    const options: AddOptions = {
      cwd: host.cwd,
      env: host.env,
      config: textOf(args, "config"),
      signal: host.signal,
      dryRun: flagOf(args, "dry-run"),
      skeleton: flagOf(args, "skeleton"),
      progress,
    };
    const [, what] = args["_"] as readonly unknown[];
    const name = String(args["name"]);
    const comment = textOf(args, "comment") ?? "";
    const report = await (what === "service"
      ? addService(
          {
            name,
            comment,
            host: textOf(args, "host") === "daemon" ? "daemon" : "plugin",
            file: textOf(args, "file"),
            package: textOf(args, "package"),
          },
          options,
        )
      : addMethod(
          {
            service: String(args["service"]),
            name,
            comment,
            request: textOf(args, "request"),
            response: textOf(args, "response"),
            clientStream: flagOf(args, "client-stream"),
            serverStream: flagOf(args, "server-stream"),
          },
          options,
        ));
    progress[Symbol.dispose]();
    host.stdout.write(
      flagOf(args, "json") ? `${JSON.stringify({ ok: true, ...report })}\n` : print(report, args, host),
    );
    return ExitCode.Ok;
  },
};

const epilogue =
  "Your file stays byte by byte as it is outside of what is inserted; when the schemas do not compile with it, it is put back.\n\n" +
  "Exit codes: 0 done, 1 a name is taken or cannot be, or the schemas do not compile, 2 unknown option, 130 interrupted.";

function describeService(parser: Argv): Argv {
  return describeShared(
    parser
      .usage("$0 add service <name>\n\nAdds a service to a .proto. Its methods are added with `add method`.")
      .positional("name", { type: "string", describe: "as in SearchProvider", demandOption: true })
      .option("file", {
        type: "string",
        requiresArg: true,
        describe: "the .proto, there already or not; else the only one",
      })
      .option("package", {
        type: "string",
        requiresArg: true,
        describe: "of a new file; else that of its neighbours or its folder",
      })
      .option("host", {
        choices: ["plugin", "daemon"] as const,
        requiresArg: true,
        default: "plugin",
        describe: "which side answers its calls",
      }),
  ).example([
    ["$0 add service SearchProvider", "to the only .proto there is"],
    [
      "$0 add service Vault --host daemon --file proto/acme/v1/vault.proto",
      "in a file of its own, answered by the daemon",
    ],
  ]);
}

function describeMethod(parser: Argv): Argv {
  return describeShared(
    parser
      .usage("$0 add method <service> <name>\n\nAdds a method to a service, and to the class that implements it.")
      .positional("service", {
        type: "string",
        describe: "its name; with the package where two share it",
        demandOption: true,
      })
      .positional("name", { type: "string", describe: "as in Query", demandOption: true })
      .option("request", {
        type: "string",
        requiresArg: true,
        describe: "message that it takes, written when it is not there; else <name>Request",
      })
      .option("response", {
        type: "string",
        requiresArg: true,
        describe: "message that it gives, likewise; else <name>Response",
      })
      .option("client-stream", { type: "boolean", default: false, describe: "it takes a stream of requests" })
      .option("server-stream", { type: "boolean", default: false, describe: "it gives a stream of responses" }),
  ).example([
    ["$0 add method SearchProvider Query", "with QueryRequest and QueryResponse"],
    ["$0 add method acme.v1.SearchProvider Watch --server-stream --response Note", "with a message that exists"],
    [
      "$0 add method Search Reset --request google.protobuf.Empty --response google.protobuf.Empty",
      "with one of protobuf's own",
    ],
  ]);
}

function describeShared(parser: Argv): Argv {
  return addJson(
    parser
      .option("comment", {
        type: "string",
        requiresArg: true,
        describe: "what to write above it; becomes documentation",
      })
      .option("config", {
        type: "string",
        requiresArg: true,
        describe: "where the schemas are; else buf.gen.yaml, or proto/",
      })
      .option("skeleton", {
        type: "boolean",
        default: true,
        describe: "write or merge src/<service>.ts (--no-skeleton: do not)",
      })
      .option("dry-run", {
        type: "boolean",
        default: false,
        describe: "show the change of the .proto; change nothing",
      }),
  ).epilogue(epilogue);
}

function print(report: AddReport, args: Arguments, { stdout, env }: CliHost): string {
  const paint: Paint = createPaint(stdout.isTTY === true, env);
  if (report.dryRun) {
    const lines = report.diff.trimEnd().split("\n");
    const painted = lines.map((line) => (line.startsWith("+") ? paint.good(line) : line));
    return `${[paint.quiet("dry run: nothing is changed"), ...painted].join("\n")}\n`;
  }
  const what = [...report.added, ...report.imported.map((path) => `import ${path}`)].join(", ");
  const head = `${paint.good(report.file)} ${report.created ? "written" : "changed"}: added ${what}\n`;
  const next =
    String((args["_"] as unknown[])[1]) === "service"
      ? `crucible-gen add method ${String(args["name"])} <name>`
      : stepsOf(report).join(", ");
  const generated = report.generated === undefined ? "" : printReport(report.generated, paint);
  return head + generated + (next === "" ? "" : `Next: ${next}\n`);
}

/** What a new method leaves to be done by hand. */
function stepsOf({ added, generated }: AddReport): string[] {
  const messages = added.filter((name) => !name.includes("/")).map((name) => name.slice(name.lastIndexOf(".") + 1));
  const steps: string[] = [];
  if (messages.length > 0) steps.push(`give ${messages.join(" and ")} fields and run crucible-gen generate`);
  for (const { path, added: methods } of generated?.merged ?? []) {
    if (methods.length > 0) steps.push(`write ${methods.join(" and ")} in ${path}`);
  }
  return steps;
}
