// What is said of arguments that make no sense: what is wrong, what was perhaps meant, and the help that tells how it goes.
import { nearest } from "../call/nearest.js";
import { type CommandOutline, outlineOf } from "../completion/outline.js";
import type { Command } from "./command.js";

/** What `--help` lists beside the options of each command. */
const everywhere: readonly string[] = ["--help", "--version"];

/**
 * One line of what yargs found wrong.
 *
 * @param message of yargs, or of a command.
 * @param args as they were typed.
 */
export function usageText(message: string, args: readonly string[], commands: readonly Command[]): string {
  const path = commandOf(args, outlineOf(commands));
  const [command] = path.slice(-1);
  const words = path.map(({ name }) => `${name} `).join("");
  return `${whatIsWrong(message, args, words, command)}: run "crucible-gen ${words}--help"`.replace("?:", "?");
}

/** The command that was typed, and the one below it. */
function commandOf(args: readonly string[], all: readonly CommandOutline[]): CommandOutline[] {
  const [first, second] = args;
  const found = all.find(({ name }) => name === first);
  if (found === undefined) return [];
  const below = found.commands.find(({ name }) => name === second);
  return below === undefined ? [found] : [found, below];
}

function whatIsWrong(
  message: string,
  args: readonly string[],
  words: string,
  command: CommandOutline | undefined,
): string {
  const [line = "", ...more] = message.split("\n");
  const unknown = /^Unknown arguments?: ([^,]*)/.exec(line)?.[1];
  if (unknown !== undefined) return unknownText(unknown, args, words, command);
  const [, name, given, choices] =
    /Argument: ([\w-]+), Given: "?(.*?)"?, Choices: (.*)$/.exec(line === "Invalid values:" ? more.join("\n") : "") ??
    [];
  if (name !== undefined && given !== undefined && choices !== undefined) {
    const option = command?.options.some(({ names }) => names.includes(`--${name}`)) === true;
    return `${option ? "--" : ""}${name} cannot be ${given}, but ${choices.replaceAll('"', "").replace(/, ([^,]*)$/, " or $1")}`;
  }
  const empty = /^Not enough arguments following: (\S+)$/.exec(line)?.[1];
  if (empty !== undefined) return `--${empty} wants a value`;
  const missing = /^Not enough non-option arguments: got (\d+), need at least (\d+)$/.exec(line);
  if (missing !== null) return `${words.trimEnd()} wants ${missing[2]} words, and got ${missing[1]}`;
  const meant = /^Did you mean (\S+)\?$/.exec(line)?.[1];
  if (meant !== undefined)
    return `there is no ${args.slice(0, words === "" ? 1 : 2).join(" ")}: did you mean ${meant}?`;
  return line.charAt(0).toLowerCase() + line.slice(1);
}

/** An option, a command or a word too many. */
function unknownText(
  unknown: string,
  args: readonly string[],
  words: string,
  command: CommandOutline | undefined,
): string {
  const typed = args.find((one) => one.startsWith("-") && one.replace(/^-+(?:no-)?/, "").split("=", 1)[0] === unknown);
  if (typed !== undefined) {
    const option = typed.split("=", 1)[0] ?? typed;
    const names = [...(command?.options ?? []).flatMap((one) => one.names), ...everywhere];
    const [near] = nearest(option, names, (name) => name);
    const place = words === "" ? "there is no option" : `${words.trimEnd()} has no option`;
    return `${place} ${option}${near === undefined ? "" : `: did you mean ${near}?`}`;
  }
  if (command === undefined) return `there is no command ${unknown}`;
  if (command.commands.length > 0) {
    const known = command.commands.map(({ name }) => name).join(" or ");
    return `${words}${unknown} is nothing that can be done: write ${words}${known}`;
  }
  return `${words.trimEnd()} has no use for "${unknown}"`;
}
