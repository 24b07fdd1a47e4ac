// Completion for a shell, as a script that has everything in it: no program is started while somebody types.
import type { CommandOutline, OptionOutline } from "./outline.js";

/** The shells that are known. */
export const shells = ["bash", "zsh", "fish"] as const;
/** One of {@link shells}. */
export type Shell = (typeof shells)[number];

/** The program that is completed. */
const program = "crucible-gen";
const head = `# Completion of ${program}; made by: ${program} completion`;

/** The script for one shell. */
export function completionScript(shell: Shell, commands: readonly CommandOutline[]): string {
  const print = { bash, zsh, fish }[shell];
  return print(commands);
}

/** Commands with the words that lead to them: `add`, `add service`, … */
function everyCommand(commands: readonly CommandOutline[], before = ""): [words: string, command: CommandOutline][] {
  return commands.flatMap((command): [string, CommandOutline][] => {
    const words = before === "" ? command.name : `${before} ${command.name}`;
    return [[words, command], ...everyCommand(command.commands, words)];
  });
}

function names(options: readonly OptionOutline[]): string[] {
  return options.flatMap((option) => option.names);
}

function bash(commands: readonly CommandOutline[]): string {
  const all = everyCommand(commands);
  const words = all.map(([path, { commands: below, options, values: own }]) => {
    const typed = [...below.map(({ name }) => name), ...own, ...names(options)].join(" ");
    return `    "${path}") words="${typed}" ;;`;
  });
  const values = all.flatMap(([path, { options }]) =>
    options
      .filter(({ takesValue }) => takesValue)
      .map(({ names: typed, choices, isPath }) => {
        const labels = typed.map((name) => `"${path} ${name}"`).join(" | ");
        const reply = isPath
          ? 'COMPREPLY=($(compgen -f -- "$current"))'
          : `COMPREPLY=($(compgen -W "${choices.join(" ")}" -- "$current"))`;
        return `    ${labels}) ${reply}; return ;;`;
      }),
  );
  const nested = commands.filter(({ commands: below }) => below.length > 0).map(({ name }) => name);
  return `${head} bash
# Use: source <(${program} completion bash)
_crucible_gen() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD - 1]}" path="" words="" word i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    if [[ $word == -- ]]; then
      # A program of the user, with what it takes.
      if ((i == COMP_CWORD - 1)); then COMPREPLY=($(compgen -c -- "$current")); else COMPREPLY=($(compgen -f -- "$current")); fi
      return
    fi
    [[ $word == -* ]] && continue
    case "$path" in
      "") path="$word" ;;
      ${nested.join(" | ") || '"-"'}) path="$path $word" ;;
    esac
  done
  case "$path $previous" in
${values.join("\n")}
  esac
  case "$path" in
    "") words="${[...commands.map(({ name }) => name), "--help", "--version"].join(" ")}" ;;
${words.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  [[ \${#COMPREPLY[@]} -eq 0 && $current != -* ]] && COMPREPLY=($(compgen -f -- "$current"))
  return 0
}
complete -o filenames -F _crucible_gen ${program}
`;
}

function zsh(commands: readonly CommandOutline[]): string {
  const spec = ({ names: typed, about, takesValue, choices, isPath }: OptionOutline): string => {
    const text = `[${quoted(about.replaceAll(/[[\]:\\]/g, "\\$&"))}]`;
    const list = choices.length > 0 ? `:value:(${choices.join(" ")})` : ":value: ";
    const value = !takesValue ? "" : isPath ? ":path:_files" : list;
    // Of several names of one option, one is enough.
    return typed.length > 1
      ? `'(${typed.join(" ")})'{${typed.join(",")}}'${text}${value}'`
      : `'${typed[0] ?? ""}${text}${value}'`;
  };
  const listed = (below: readonly CommandOutline[]): string =>
    below.map(({ name, about }) => `'${name}:${quoted(about.replaceAll(":", "\\:"))}'`).join(" ");
  const cases = everyCommand(commands).map(([path, { options, commands: below, values }]) => {
    const specs = options.map((option) => `\n          ${spec(option)} \\`).join("");
    const rest = values.length > 0 ? `'*:value:(${values.join(" ")})'` : "'*:file:_files'";
    const list = `((CURRENT == 2)) && { commands=(${listed(below)}); _describe command commands; return }\n        `;
    return `      '${path}')\n        ${below.length > 0 ? list : ""}_arguments \\${specs}\n          ${rest}\n        ;;`;
  });
  const nested = commands.filter(({ commands: below }) => below.length > 0).map(({ name }) => name);
  return `#compdef ${program}
${head} zsh
# Use: ${program} completion zsh > "\${fpath[1]}/_${program}", or source it behind compinit
_crucible_gen() {
  local -a commands
  # Behind -- is a program of the user.
  local -i at=\${words[(i)--]}
  if ((at < CURRENT)); then
    shift $at words
    ((CURRENT -= at))
    _normal
    return
  fi
  if ((CURRENT == 2)); then
    commands=(${listed(commands)})
    _describe command commands
    _arguments '--help[Show help]' '--version[Show version number]'
    return
  fi
  local path="\${words[2]}"
  shift words
  ((CURRENT -= 1))
  case "$path" in
    ${nested.join("|") || "-"})
      if ((CURRENT > 2)); then
        path="$path \${words[2]}"
        shift words
        ((CURRENT -= 1))
      fi
      ;;
  esac
  case "$path" in
${cases.join("\n")}
  esac
}
if [[ "\${zsh_eval_context[-1]}" == loadautofunc ]]; then _crucible_gen "$@"; else compdef _crucible_gen ${program}; fi
`;
}

function fish(commands: readonly CommandOutline[]): string {
  const lines: string[] = [];
  const add = (condition: string, rest: string): void =>
    void lines.push(`complete -c ${program} -n '${condition}' ${rest}`);
  for (const { name, about } of commands) add("__fish_use_subcommand", `-f -a ${name} -d '${quotedFish(about)}'`);
  add("__fish_use_subcommand", "-l version -d 'Show version number'");
  for (const [path, { options, commands: below, values }] of everyCommand(commands)) {
    const condition = path
      .split(" ")
      .map((word) => `__fish_seen_subcommand_from ${word}`)
      .join("; and ");
    const others = below.map(({ name }) => name).join(" ");
    for (const { name, about } of below) {
      add(`${condition}; and not __fish_seen_subcommand_from ${others}`, `-f -a ${name} -d '${quotedFish(about)}'`);
    }
    if (values.length > 0) add(condition, `-f -a '${values.join(" ")}'`);
    for (const { names: typed, about, takesValue, choices, isPath } of options) {
      const flags = typed.map((one) => (one.startsWith("--") ? `-l ${one.slice(2)}` : `-s ${one.slice(1)}`)).join(" ");
      const value = !takesValue
        ? ""
        : isPath
          ? " -r -F"
          : ` -x${choices.length > 0 ? ` -a '${choices.join(" ")}'` : ""}`;
      add(condition, `${flags}${value} -d '${quotedFish(about)}'`);
    }
  }
  return `${head} fish
# Use: ${program} completion fish > ~/.config/fish/completions/${program}.fish
${lines.join("\n")}
`;
}

/** Inside single quotes of bash and zsh. */
function quoted(text: string): string {
  return text.replaceAll("'", "'\\''");
}

/** Inside single quotes of fish. */
function quotedFish(text: string): string {
  return text.replaceAll(/['\\]/g, "\\$&");
}
