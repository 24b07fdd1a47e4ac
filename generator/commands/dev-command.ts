import { createInterface } from "node:readline";
import type { DevControl, DevEvent } from "../dev/dev.js";
import { mistake } from "../errors.js";
import { jsonLine } from "../printable.js";
import { addJson, type Command, commandOf, flagOf, textOf } from "./command.js";
import { type CliHost, ExitCode } from "./host.js";
import { createPaint, type Paint } from "./print.js";

const defaultInspector = "127.0.0.1:9229";

/** `crucible-gen dev`. */
export const devCommand: Command = {
  usage: "dev",
  summary: "run a plugin under a daemon, and start it anew when something changes",
  takesCommand: true,
  describe: (parser) =>
    addJson(
      parser
        .usage(
          "$0 dev [-- <command..>]\n\nGenerates, builds, launches the plugin by a daemon of its own, and does so again whenever a .proto, a source or the program changes. Ends with Ctrl-C.",
        )
        .option("build", {
          type: "string",
          requiresArg: true,
          describe: 'run before each start, such as "npx tsc"; without it the program\'s own folder is watched',
        })
        .option("watch", {
          type: "string",
          array: true,
          requiresArg: true,
          describe: "watch this too; may be repeated",
        })
        .option("inspect", {
          type: "string",
          describe: `open Node's debugger at each start, on host:port; without one ${defaultInspector}`,
        })
        .option("skeleton", { type: "boolean", default: true, describe: "merge what is new in a .proto into src/" })
        .option("config", {
          type: "string",
          requiresArg: true,
          describe: "where the schemas are; else buf.gen.yaml, or proto/",
        }),
      "print a line of JSON for each event",
    )
      .example([
        ['$0 dev --build "npx tsc" -- node dist/src/greeter.js', "compiles, starts, watches src/ and proto/"],
        ["$0 dev -- node dist/src/greeter.js", "tsc --watch runs elsewhere"],
        ["$0 dev --inspect", "src/ as it is, by Node 22.18 and later, with the debugger"],
      ])
      .epilogue(
        "On a terminal, r and Enter starts the plugin anew, d and Enter opens its debugger, q and Enter ends. The daemon has keys and " +
          "sockets in a temporary folder of its own; it grants nothing and hosts nothing.\n\n" +
          "Exit codes: 0 ended by you, 1 there is nothing to run, 2 unknown option.",
      ),
  async run(args, host) {
    const { dev } = await import("../dev/dev.js");
    const { sourceProgram } = await import("../dev/program.js");
    const { splitWords } = await import("../call/words.js");
    const build = textOf(args, "build");
    const end = new AbortController();
    const signal = AbortSignal.any([host.signal, end.signal]);
    const json = flagOf(args, "json");
    const paint = createPaint(host.stdout.isTTY === true, host.env);
    using keys = new Keys(host, () => end.abort());
    await dev(
      {
        cwd: host.cwd,
        env: host.env,
        config: textOf(args, "config"),
        signal,
        command: commandOf(args) ?? sourceProgram(host.cwd, process.versions.node),
        build: build === undefined ? undefined : splitWords(build, "--build"),
        watch: ((args["watch"] ?? []) as unknown[]).map(String),
        inspect: inspectorOf(args["inspect"]),
        skeleton: flagOf(args, "skeleton"),
        onEvent: (event) => void host.stdout.write(json ? `${jsonLine(event)}\n` : print(event, paint)),
      },
      (control) => keys.serve(control),
    );
    return ExitCode.Ok;
  },
};

/** The address to open the debugger on; `--inspect` alone means the usual one. */
function inspectorOf(value: unknown): string | undefined {
  const last: unknown = Array.isArray(value) ? value.at(-1) : value;
  if (last === undefined) return undefined;
  if (last === "" || last === true) return defaultInspector;
  if (typeof last === "string" && /^(?:[\w.-]+:|\[[\da-f:]+\]:)?\d{1,5}$/i.test(last)) return last;
  throw mistake(`--inspect cannot be ${JSON.stringify(last)}: write a port or host:port, as in ${defaultInspector}`);
}

/** Letters that are typed while it runs. */
class Keys implements Disposable {
  readonly #host: CliHost;
  readonly #quit: () => void;
  #close: () => void = () => {};

  constructor(host: CliHost, quit: () => void) {
    this.#host = host;
    this.#quit = quit;
  }

  serve(control: DevControl): void {
    const { stdin, stdout } = this.#host;
    if (stdin.isTTY !== true) return;
    const reader = createInterface({ input: stdin, terminal: false });
    this.#close = () => reader.close();
    reader.on("line", (line) => {
      const key = line.trim();
      if (key === "r") control.restart();
      else if (key === "q") this.#quit();
      else if (key === "d")
        stdout.write(`${control.inspect() ?? `debugger  asked for; the plugin prints its address`}\n`);
    });
  }

  [Symbol.dispose](): void {
    this.#close();
  }
}

function print(event: DevEvent, paint: Paint): string {
  const line = (head: string, text: string): string => `${`${head.padEnd(9)} ${text}`.trimEnd()}\n`;
  switch (event.event) {
    case "log":
      return `${event.line}\n`;
    case "generated": {
      const parts = [
        `${event.written} written`,
        ...(event.deleted > 0 ? [`${event.deleted} deleted`] : []),
        ...event.sources,
      ];
      return line("generated", parts.join(", "));
    }
    case "building":
    case "built":
      return event.event === "built" ? line("built", "") : "";
    case "started": {
      const services = [...new Set(event.methods.map((name) => name.slice(0, name.indexOf("/"))))];
      return line(paint.good("started"), `${services.join(", ")} (pid ${event.pid}, ${event.ms} ms)`);
    }
    case "ended":
      return line(paint.bad("ended"), `${event.signal ?? `exit code ${event.code}`}; waiting for a change`);
    case "changed":
      return line("changed", event.files.slice(0, 5).join(", ") + (event.files.length > 5 ? ", …" : ""));
    case "failed":
      return [...event.errors, `${event.step} failed; waiting for a change`]
        .map((text) => line(paint.bad("failed"), text))
        .join("");
  }
}
