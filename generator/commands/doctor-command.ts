import type { Finding } from "../doctor/finding.js";
import { addJson, type Command, flagOf } from "./command.js";
import { ExitCode } from "./host.js";
import { createPaint, type Paint } from "./print.js";
import { createProgress } from "./progress.js";

/** `crucible-gen doctor`. */
export const doctorCommand: Command = {
  usage: "doctor",
  summary: "what is missing on this machine, and what that costs",
  describe: (parser) =>
    addJson(parser.usage("$0 doctor\n\nLooks at this machine and this project. Nothing is made or changed."))
      .example([
        ["$0 doctor", "one line for each thing, and what to do about it"],
        ["$0 doctor --json", "for scripts"],
      ])
      .epilogue(
        "ok: there. problem: nothing works without it. warning: works, and costs what is said. " +
          "optional: not there and need not be.\n\n" +
          "Exit codes: 0 no problem, 1 a problem, 2 unknown option, 130 interrupted.",
      ),
  async run(args, host) {
    const { examine } = await import("../doctor/doctor.js");
    using progress = createProgress(host);
    progress.say("looking");
    const findings = await examine({
      cwd: host.cwd,
      env: host.env,
      nodeVersion: process.versions.node,
      uid: process.geteuid?.(),
      tmp: "/tmp",
      cgroups: "/sys/fs/cgroup",
      platform: process.platform,
      signal: host.signal,
    });
    progress[Symbol.dispose]();
    const well = findings.every(({ status }) => status !== "problem");
    const text = flagOf(args, "json")
      ? `${JSON.stringify({ ok: well, exitCode: well ? ExitCode.Ok : ExitCode.Mistake, findings })}\n`
      : printFindings(findings, createPaint(host.stdout.isTTY === true, host.env));
    host.stdout.write(text);
    return well ? ExitCode.Ok : ExitCode.Mistake;
  },
};

function printFindings(findings: readonly Finding[], paint: Paint): string {
  const colours = { ok: paint.good, problem: paint.bad, warning: paint.bad, optional: paint.quiet };
  const width = Math.max(...findings.map(({ name }) => name.length));
  const lines = findings.map(({ name, status, found, cost, next }) => {
    const says = [found, cost].filter((text) => text !== "").join(": ");
    return `${colours[status](status.padEnd(8))} ${name.padEnd(width)}  ${says}${next === "" ? "" : ` -> ${next}`}`;
  });
  return `${lines.join("\n")}\n`;
}
