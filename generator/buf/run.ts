import { spawn } from "node:child_process";
import { formatMistake, GeneratorError, type Mistake, mistake } from "../errors.js";

/** The most of its output that is kept, in characters: a plugin may print without end. */
const maxOutputLength = 1 << 20;

/** How to run buf. */
export interface BufRun {
  /** Path of the program. */
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Ends the process when it aborts. */
  readonly signal: AbortSignal;
}

/** What a finished run of buf left behind. */
export interface BufResult {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs buf to its end.
 *
 * @throws GeneratorError when it cannot be started.
 */
export function runBuf(run: BufRun): Promise<BufResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(run.program, run.args, {
      cwd: run.cwd,
      env: run.env,
      signal: run.signal,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      if (stdout.length < maxOutputLength) stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      if (stderr.length < maxOutputLength) stderr += text;
    });
    child.on("error", (error) =>
      reject(
        run.signal.aborted
          ? run.signal.reason
          : mistake(`buf cannot be started (${error.message}): reinstall @bufbuild/buf`),
      ),
    );
    child.on("close", (code) => resolve({ ok: code === 0, stdout, stderr }));
  });
}

/** One line of `--error-format json`. */
interface Diagnostic {
  readonly path?: string;
  readonly start_line?: number;
  readonly start_column?: number;
  readonly message?: string;
}

/**
 * The mistakes that a failed `buf build --error-format json` tells.
 *
 * @param relocate turns a path as buf prints it into the one to show.
 */
export function buildMistakes(result: BufResult, relocate: (path: string) => string): GeneratorError {
  const mistakes: Mistake[] = [];
  for (const line of lines(result.stdout + result.stderr)) {
    const found = parseDiagnostic(line);
    if (found?.message === undefined) {
      mistakes.push({ location: undefined, message: explainFailure(tidyFailure(line), relocate) });
    } else {
      const location =
        found.path === undefined
          ? undefined
          : { path: relocate(found.path), line: found.start_line ?? 0, column: found.start_column ?? 0 };
      mistakes.push({ location, message: found.message });
    }
  }
  if (mistakes.length === 0)
    return new GeneratorError([
      { location: undefined, message: "buf failed and said nothing: run crucible-gen doctor" },
    ]);
  // Of a file that ends in the middle buf says several things about one place; the first is the cause.
  const places = new Set<string>();
  const firsts = mistakes.filter(({ location }) => {
    if (location === undefined) return true;
    const place = `${location.path}:${location.line}:${location.column}`;
    return !places.has(place) && places.add(place);
  });
  return new GeneratorError(firsts);
}

/**
 * The mistakes that a failed `buf generate` tells: what the plugins said and, only when they said nothing, what buf says
 * of them. A plugin reports through buf (`Failure: plugin <command>: <message>`) or by itself, before that.
 *
 * @returns a GeneratorError, or a plain error when our own plugin is at fault.
 * @param template names the template in messages.
 * @param names the name of each plugin by its command line, as buf prints it.
 * @param relocate turns the path of a .proto file as the compiler knows it into the one to show.
 */
export function generateMistakes(
  result: BufResult,
  template: string,
  names: ReadonlyMap<string, string>,
  relocate: (path: string) => string,
): Error {
  const said: string[] = [];
  const reported: string[] = [];
  const exits: string[] = [];
  const ended: string[] = [];
  let prefix: string | undefined;
  for (const line of lines(result.stderr)) {
    const plugin = /^(?:Failure: )?plugin (.*?): (.*)$/.exec(line);
    if (plugin === null) {
      if (stopped.test(line)) continue;
      if (line.startsWith("Failure: "))
        reported.push(tidyFailure(line).replace(/^decode config file:/, `${template}:`));
      else if (prefix === undefined) said.push(line.trimEnd());
      else reported.push(placed.test(line) ? line.trim() : prefix + line.trim());
      continue;
    }
    const [, command = "", message = ""] = plugin;
    const name = names.get(command) ?? command;
    if (stopped.test(message)) {
      ended.push(`plugin ${name}: ${message}`);
      continue;
    }
    prefix = `plugin ${name}: `;
    if (exited.test(message)) exits.push(`plugin ${name}: ${message}`);
    else if (notFound.test(message)) {
      reported.push(`plugin ${name} was not found: install its package or correct ${template}`);
    } else reported.push(name === ownPlugin && placed.test(message) ? message : prefix + message);
  }
  // Ours answers mistakes of the user. When it exits instead, the mistake is in it.
  if (exits.some((text) => text.startsWith(`plugin ${ownPlugin}: `))) return new Error(withoutStack(said)[0]);
  const told = reported.length > 0 ? reported : said.length > 0 ? withoutStack(said) : exits.length > 0 ? exits : ended;
  return new GeneratorError(
    (told.length > 0 ? told : ["buf generate failed"]).map((line) => locateMistake(line, relocate)),
  );
}

/**
 * What plugins of a `buf generate` that went well want the user to know: the lines `path:line:column: note: message`,
 * without the word.
 *
 * @param relocate turns the path of a .proto file as the compiler knows it into the one to show.
 */
export function generateNotes(result: BufResult, relocate: (path: string) => string): string[] {
  return lines(result.stderr).flatMap((line) => {
    const { location, message } = locateMistake(line, relocate);
    if (location === undefined || !message.startsWith("note: ")) return [];
    return [formatMistake({ location, message: message.slice("note: ".length) })];
  });
}

const ownPlugin = "protoc-gen-crucible";
/** `path:line:column: message`, or without line and column. */
const placed = /^([^\s:]+\.proto)(?::(\d+):(\d+))?: (.*)$/;
/** What becomes of the other plugins when one fails. Alone, it is somebody else who ended a plugin. */
const stopped = /^(?:context canceled|signal: killed)$/;
const exited = /^exit status \d+$/;
const notFound = /executable file not found|no such file or directory/;

/** Takes `path:line:column: message` apart. */
function locateMistake(text: string, relocate: (path: string) => string): Mistake {
  const place = placed.exec(text);
  if (place === null) return { location: undefined, message: text };
  const [, path = "", line = "0", column = "0", message = ""] = place;
  return { location: { path: relocate(path), line: Number(line), column: Number(column) }, message };
}

function parseDiagnostic(line: string): Diagnostic | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    return JSON.parse(line) as Diagnostic;
  } catch {
    return undefined;
  }
}

/** What buf says of files that it cannot read, in words that tell what to do. */
function explainFailure(text: string, relocate: (path: string) => string): string {
  const [, path] = /^(?:open|stat|lstat|readdirent) (.*): permission denied$/.exec(text) ?? [];
  if (path !== undefined) {
    // A folder that cannot be entered is noticed by what buf looks for in it.
    const shown = relocate(path).replace(/\/buf\.(?:work\.)?yaml$/, "");
    return `${shown} cannot be read (permission denied): check who may read it`;
  }
  if (/^mkdir .*: permission denied$/.test(text)) {
    return `buf cannot make its cache (${text}): set HOME or BUF_CACHE_DIR to a folder that can be written to`;
  }
  const [unknown] = /^unknown (?:shorthand )?flag: .*/.exec(text) ?? [];
  if (unknown !== undefined) return `this buf is too old or too new (${unknown}): run crucible-gen doctor`;
  if (text.endsWith("too many links")) return "a link among the schemas leads back to itself: remove it";
  return text;
}

function tidyFailure(line: string): string {
  return line.replace(/^Failure: /, "").trimEnd();
}

/** A plugin that threw prints a stack: what it says is the one line that names the error. */
function withoutStack(said: readonly string[]): readonly string[] {
  if (!said.some((line) => /^\s+at /.test(line))) return said;
  const named = said.find((line) => /^(?:\w*Error)\b.*: /.test(line));
  return [named ?? said[0] ?? "a plugin failed"];
}

function lines(text: string): string[] {
  return text.split("\n").filter((line) => line.trim() !== "");
}
