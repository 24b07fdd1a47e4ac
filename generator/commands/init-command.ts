import { relative, resolve } from "node:path";
import { GeneratorError } from "../errors.js";
import type { InitReport } from "../init/init.js";
import type { NameWishes, RepositoryKind } from "../init/names.js";
import { canAsk, createAsker } from "./ask.js";
import { addJson, type Arguments, type Command, flagOf, textOf } from "./command.js";
import { type CliHost, ExitCode } from "./host.js";
import { createPaint, type Paint } from "./print.js";

/** `crucible-gen init`. */
export const initCommand: Command = {
  usage: "init [folder]",
  summary: "start a repository: a plugin, or a daemon that launches plugins",
  describe: (parser) =>
    addJson(
      parser
        .usage(
          "$0 init [folder]\n\nStarts a repository that passes its own tests. Nothing is fetched, nothing overwritten.",
        )
        .positional("folder", { type: "string", default: ".", describe: "where to; made when it is not there" })
        .option("kind", {
          choices: ["plugin", "daemon"] as const,
          requiresArg: true,
          describe: "plugin: answers calls of a daemon; daemon: launches plugins and hosts a service for them",
        })
        .option("name", { type: "string", requiresArg: true, describe: "of the npm package; else that of the folder" })
        .option("service", { type: "string", requiresArg: true, describe: "as in SearchProvider; else from the name" })
        .option("package", { type: "string", requiresArg: true, describe: "of the schema, as in acme.search.v1" })
        .option("yes", { alias: "y", type: "boolean", default: false, describe: "ask nothing: take what is not said" }),
    )
      .example([
        ["$0 init greeter", "asks for what it needs, then writes greeter/"],
        ["$0 init --yes", "a plugin in this folder, named after it"],
        ["$0 init search --kind plugin --service SearchProvider --package acme.v1", "all said"],
        ["$0 init host --kind daemon", "a daemon"],
      ])
      .epilogue(
        "On a terminal it asks for what was not said; in a script, under CI, with --yes or --json it asks nothing. " +
          "Afterwards `npm install && npm test` generates, compiles, and launches the plugin by a real daemon.\n\n" +
          "Exit codes: 0 done, 1 a name cannot be or a file is there already, 2 unknown option, 130 interrupted.",
      ),
  async run(args, host) {
    const { initRepository } = await import("../init/init.js");
    const { chooseNames } = await import("../init/names.js");
    const folder = resolve(host.cwd, textOf(args, "folder") ?? ".");
    const asking = canAsk(host) && !flagOf(args, "yes") && !flagOf(args, "json");
    const wishes = asking ? await askFor(args, folder, host) : wishesOf(args);
    const report = initRepository(chooseNames(wishes, folder), folder, host.cwd);
    const paint = createPaint(host.stdout.isTTY === true, host.env);
    host.stdout.write(
      flagOf(args, "json") ? `${JSON.stringify({ ok: true, ...report })}\n` : printInit(report, paint, folder, host),
    );
    return ExitCode.Ok;
  },
};

function wishesOf(args: Arguments): NameWishes {
  return {
    kind: (textOf(args, "kind") ?? "plugin") as RepositoryKind,
    name: textOf(args, "name"),
    service: textOf(args, "service"),
    package: textOf(args, "package"),
  };
}

/** Asks for the kind, the name and the service, as far as they were not said. */
async function askFor(args: Arguments, folder: string, host: CliHost): Promise<NameWishes> {
  const { chooseNames, defaultName, repositoryKinds } = await import("../init/names.js");
  let wishes = wishesOf(args);
  const wrong = (attempt: NameWishes): string | undefined => {
    try {
      chooseNames(attempt, folder);
      return undefined;
    } catch (error) {
      if (error instanceof GeneratorError) return error.message;
      throw error;
    }
  };
  using asker = createAsker(host);
  if (textOf(args, "kind") === undefined) {
    const known: readonly string[] = repositoryKinds;
    const check = (answer: string): string | undefined =>
      known.includes(answer) ? undefined : `answer ${known.join(" or ")}`;
    wishes = { ...wishes, kind: (await asker.ask("A plugin or a daemon?", wishes.kind, check)) as RepositoryKind };
  }
  if (wishes.name === undefined) {
    // A service may have been named that the name does not give.
    const check = (name: string): string | undefined =>
      wrong({ ...wishes, name, service: wishes.service ?? "Service" });
    wishes = { ...wishes, name: await asker.ask("Its name?", defaultName(folder), check) };
  }
  if (wishes.service === undefined) {
    const preset = wrong(wishes) === undefined ? chooseNames(wishes, folder).service : "Greeter";
    wishes = {
      ...wishes,
      service: await asker.ask("Its service?", preset, (service) => wrong({ ...wishes, service })),
    };
  }
  return wishes;
}

/** A path as a shell takes it. */
function quoted(path: string): string {
  return /^[\w./~@%+=:,-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

function printInit(report: InitReport, paint: Paint, folder: string, { cwd }: CliHost): string {
  const lines = report.files.map((path) => `${paint.good(report.folder === "." ? path : `${report.folder}/${path}`)}`);
  const step = relative(cwd, folder) === "" ? "" : `cd ${quoted(report.folder)} && `;
  lines.push("", `A ${report.kind} with the service ${report.package}.${report.service}. Next:`);
  lines.push(`  ${step}npm install && npm test`);
  lines.push(`  npx crucible-gen add method ${report.service} <name>`);
  return `${lines.join("\n")}\n`;
}
