// What can be typed: every command with its options, read from the descriptions that `--help` is made of.
import yargs, { type Argv } from "yargs";
import type { Command } from "../commands/command.js";
import { commandName } from "../commands/command.js";

/** An option. */
export interface OptionOutline {
  /** Such as `--json`, `--no-skeleton`, `-c`; one of them is typed. */
  readonly names: readonly string[];
  readonly about: string;
  readonly takesValue: boolean;
  /** What the value can be, where that is a list. */
  readonly choices: readonly string[];
  /** Whether the value is a file or a folder. */
  readonly isPath: boolean;
}

/** A command, or one below another. */
export interface CommandOutline {
  readonly name: string;
  readonly about: string;
  readonly options: readonly OptionOutline[];
  readonly commands: readonly CommandOutline[];
  /** What its arguments can be, where that is a list. */
  readonly values: readonly string[];
  /** Whether a program of the user may follow behind `--`. */
  readonly takesCommand: boolean;
}

/** What yargs knows of a parser and does not declare. */
interface Described {
  getOptions(): {
    readonly key: Readonly<Record<string, unknown>>;
    readonly boolean: readonly string[];
    readonly alias: Readonly<Record<string, readonly string[]>>;
    readonly choices: Readonly<Record<string, readonly string[]>>;
    readonly default: Readonly<Record<string, unknown>>;
  };
  getGroups(): Readonly<Record<string, readonly string[]>>;
  getInternalMethods(): {
    getUsageInstance(): {
      getDescriptions(): Readonly<Record<string, string | undefined>>;
      getPositionalGroupName(): string;
    };
    getCommandInstance(): {
      getCommandHandlers(): Readonly<
        Record<string, { readonly description: string; readonly builder: (parser: Argv) => unknown }>
      >;
    };
  };
}

/** Options whose value is a file or a folder. */
const paths: ReadonlySet<string> = new Set(["config", "out", "file", "watch", "proto"]);

/** The outlines of commands. */
export function outlineOf(commands: readonly Command[]): CommandOutline[] {
  return commands.map((command) =>
    describe(
      commandName(command),
      command.summary,
      (parser) => command.describe(parser),
      command.takesCommand === true,
    ),
  );
}

function describe(
  name: string,
  about: string,
  build: (parser: Argv) => unknown,
  takesCommand: boolean,
): CommandOutline {
  const parser = yargs().help().version(false);
  build(parser);
  const described = parser as unknown as Described;
  const { key, boolean, alias, choices, default: defaults } = described.getOptions();
  const methods = described.getInternalMethods();
  const usage = methods.getUsageInstance();
  const texts = usage.getDescriptions();
  const positionals = new Set(described.getGroups()[usage.getPositionalGroupName()]);
  const aliases = new Set(Object.values(alias).flat());
  const options = Object.keys(key)
    .filter((option) => !positionals.has(option) && !(option.length === 1 && aliases.has(option)))
    .map((option): OptionOutline => {
      const isFlag = boolean.includes(option);
      // What is on unless it is turned off is typed to turn it off.
      const long = isFlag && defaults[option] === true ? `--no-${option}` : `--${option}`;
      const short = (alias[option] ?? []).filter((other) => other.length === 1).map((other) => `-${other}`);
      return {
        names: [long, ...short],
        about: (texts[option] ?? "").replace(/^__yargsString__:/, "").replaceAll(/\s+/g, " "),
        takesValue: !isFlag,
        choices: choices[option] ?? [],
        isPath: paths.has(option),
      };
    })
    .toSorted((a, b) => ((a.names[0] ?? "") < (b.names[0] ?? "") ? -1 : 1));
  const handlers = Object.entries(methods.getCommandInstance().getCommandHandlers());
  const below = handlers.map(([word, { description, builder }]) => describe(word, description, builder, false));
  const values = [...positionals].flatMap((positional) => choices[positional] ?? []);
  return { name, about, options, commands: below, values, takesCommand };
}
