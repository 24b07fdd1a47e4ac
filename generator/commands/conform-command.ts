import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { CaseResult } from "../conform/conform.js";
import { packageRoot } from "../package-root.js";
import { jsonLine } from "../printable.js";
import { addJson, type Command, commandOf, flagOf } from "./command.js";
import { type CliHost, ExitCode, UsageError } from "./host.js";
import { createPaint } from "./print.js";

const schemaPath = "proto/crucible/conformance/v1/conformance.proto";

/** `crucible-gen conform`. */
export const conformCommand: Command = {
  usage: "conform [cases..]",
  summary: "try a plugin of any language against the protocol",
  takesCommand: true,
  describe: (parser) =>
    addJson(
      parser
        .usage(
          "$0 conform [cases..] -- <command..>\n\nLaunches a plugin that implements crucible.conformance.v1.Conformance, as a daemon would, and tries what PROTOCOL.md demands: a line for each case.",
        )
        .positional("cases", {
          type: "string",
          array: true,
          describe: "names of cases, or what these begin with, such as credit; else all",
        })
        .option("list", { type: "boolean", default: false, describe: "show the cases; launch nothing" })
        .option("schema", { type: "boolean", default: false, describe: "print the .proto that the plugin implements" })
        .option("output", { type: "boolean", default: false, describe: "show on stderr what the plugin prints" }),
    )
      .example([
        ["$0 conform --schema > proto/conformance.proto", "what to implement"],
        ["$0 conform -- node dist/conformance.js", "all cases"],
        ["$0 conform credit stream/bidi -- ./plugin --verbose", "some of them"],
      ])
      .epilogue(
        "The daemon of these cases is written after PROTOCOL.md and shares no code with any runtime. It needs no schema and no " +
          "runtime in this folder. All cases take some ten seconds.\n\n" +
          "Exit codes: 0 every case passed, 1 a case failed or the program cannot be started, 2 unknown option, 130 interrupted.",
      ),
  async run(args, host) {
    const wanted = (args["cases"] ?? []) as readonly string[];
    if (flagOf(args, "schema")) {
      host.stdout.write(readFileSync(join(packageRoot(), schemaPath), "utf8"));
      return ExitCode.Ok;
    }
    const { chooseCases, conform } = await import("../conform/conform.js");
    const cases = chooseCases(wanted);
    const json = flagOf(args, "json");
    const width = Math.max(...cases.map(({ name }) => name.length));
    if (flagOf(args, "list")) {
      const listed = cases.map(({ name, section, demands }) => ({ name, section, demands }));
      const lines = listed.map(({ name, section, demands }) => `${name.padEnd(width)}  ${demands} (${section})\n`);
      host.stdout.write(json ? `${JSON.stringify({ ok: true, cases: listed })}\n` : lines.join(""));
      return ExitCode.Ok;
    }
    const command = commandOf(args);
    if (command === undefined) {
      throw new UsageError("conform needs the plugin's program behind --, as in conform -- node dist/plugin.js");
    }
    const showsOutput = flagOf(args, "output");
    const results = await conform({
      command,
      cwd: host.cwd,
      env: host.env,
      cases,
      signal: host.signal,
      print: (line) => void (showsOutput && host.stderr.write(`[plugin] ${line}\n`)),
      onResult: (result) => void (json || host.stdout.write(printResult(result, width, host))),
    });
    const failed = results.filter(({ passed }) => !passed).length;
    const exitCode = failed === 0 ? ExitCode.Ok : ExitCode.Mistake;
    const passed = results.length - failed;
    const notTried = cases.length - results.length;
    const rest = notTried === 0 ? "" : `, ${notTried} not tried: the program does not dial the address of its ticket`;
    host.stdout.write(
      json
        ? `${jsonLine({ ok: failed === 0, exitCode, passed, failed, notTried, cases: results })}\n`
        : `${passed} passed, ${failed} failed${rest}\n`,
    );
    return exitCode;
  },
};

function printResult({ name, demands, section, passed, problem }: CaseResult, width: number, host: CliHost): string {
  const paint = createPaint(host.stdout.isTTY === true, host.env);
  if (passed) return `${paint.good("ok  ")}  ${name.padEnd(width)}  ${paint.quiet(demands)}\n`;
  return `${paint.bad("FAIL")}  ${name.padEnd(width)}  ${demands} (${section}): ${problem}\n`;
}
