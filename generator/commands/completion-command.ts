import { basename } from "node:path";
import type { Shell } from "../completion/scripts.js";
import type { Command } from "./command.js";
import { ExitCode, UsageError } from "./host.js";

const known = ["bash", "zsh", "fish"] as const;

/**
 * `crucible-gen completion`.
 *
 * @param commands all of them, this one included: asked for when it runs.
 */
export const completionCommand = (commands: () => readonly Command[]): Command => ({
  usage: "completion [shell]",
  summary: "print the completion script of a shell",
  describe: (parser) =>
    parser
      .usage("$0 completion [shell]\n\nPrints a script that completes commands, options and their values.")
      .positional("shell", { choices: known, describe: "without it, that of $SHELL" })
      .example([
        ["source <($0 completion bash)", "in ~/.bashrc"],
        ['$0 completion zsh > "${fpath[1]}/_crucible-gen"', "once"],
        ["$0 completion fish > ~/.config/fish/completions/crucible-gen.fish", "once"],
      ])
      .epilogue(
        "The script has everything in it: nothing is started while you type. Make it again after an update.\n\n" +
          "Exit codes: 0 printed, 2 a shell that is not known.",
      ),
  async run(args, host) {
    const { outlineOf } = await import("../completion/outline.js");
    const { completionScript } = await import("../completion/scripts.js");
    const own = basename(host.env["SHELL"] ?? "");
    const wanted = args["shell"] ?? own;
    const shell = known.find((one): one is Shell => one === wanted);
    if (shell === undefined) throw new UsageError(`completion needs a shell: ${known.join(", ")}`);
    host.stdout.write(completionScript(shell, outlineOf(commands())));
    return ExitCode.Ok;
  },
});
