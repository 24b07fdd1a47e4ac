// Where new lines go in a .proto, and how they look there. Everything is an insertion: not a byte of the file is lost.
import type { Edit } from "../skeleton/edits.js";
import { type Body, outline, type Statement } from "./scan.js";

/** A method to be written. */
export interface NewMethod {
  readonly name: string;
  /** Names of its messages, as they have to be written at that place. */
  readonly request: string;
  readonly response: string;
  readonly clientStream: boolean;
  readonly serverStream: boolean;
  /** What is written above it, a comment line for each of its lines; empty for none. */
  readonly comment: string;
}

/** A service to be written. */
export interface NewService {
  readonly name: string;
  readonly host: "plugin" | "daemon";
  readonly comment: string;
}

/** The line end of a text: that of its first line. */
export function lineEnd(text: string): string {
  return /\r?\n/.exec(text)?.[0] ?? "\n";
}

/** The place of a service at the top of a file. */
export function findService(text: string, name: string): (Statement & { readonly body: Body }) | undefined {
  for (const statement of outline(text)) {
    const { body } = statement;
    if (statement.keyword === "service" && statement.name === name && body) return { ...statement, body };
  }
  return undefined;
}

/** Adds a method as the last one of its service. */
export function insertMethod(text: string, service: Statement & { readonly body: Body }, method: NewMethod): Edit {
  const { open, close, statements } = service.body;
  const end = lineEnd(text);
  const outer = indentOf(text, service.start);
  const last = statements.findLast(({ keyword }) => keyword !== "");
  const indent = (last && ownIndent(text, last.start)) ?? outer + step(text);
  const lines = [...commentLines(method.comment), declaration(method)].map((line) => `${indent}${line}${end}`).join("");

  const lineStart = text.lastIndexOf("\n", close - 1) + 1;
  if (lineStart < open || text.slice(lineStart, close).trim() !== "") {
    // A comment that stands there for itself must not become one of the method.
    const gap = /\/[/*]/.test(text.slice(last?.end ?? open, close)) ? end : "";
    return { start: close, end: close, text: `${end}${gap}${lines}${outer}` };
  }
  const before = text.slice(last?.end ?? open, lineStart);
  const rest = last === undefined ? before : before.replace(/^[^\S\n]*\/\/.*/, "");
  const comment = /\/[/*]/.test(rest);
  const isApart = /\n[^\S\n]*\r?\n[^\S\n]*$/.test(before);
  const wantsGap = comment || areApart(text, statements);
  return { start: lineStart, end: lineStart, text: (wantsGap && !isApart ? end : "") + lines };
}

/** Adds blocks at the end of a file, an empty line before each. */
export function appendBlocks(text: string, blocks: readonly (readonly string[])[]): Edit {
  const end = lineEnd(text);
  let gap = "";
  if (text.trim() !== "") gap = /\n[^\S\n]*\n[^\S\n]*$/.test(text) ? "" : /\n[^\S\n]*$/.test(text) ? end : end + end;
  const written = blocks.map((lines) => lines.map((line) => line + end).join("")).join(end);
  return { start: text.length, end: text.length, text: gap + written };
}

/** The lines of a service without methods. */
export function serviceLines({ name, host, comment }: NewService): string[] {
  const head = commentLines(comment);
  if (host === "plugin") return [...head, `service ${name} {}`];
  return [...head, `service ${name} {`, "  option (crucible.options.v1.service).host = HOST_DAEMON;", "}"];
}

/** Adds an import behind the others or, where there is none, behind the package; undefined when it is there. */
export function insertImport(text: string, path: string): Edit | undefined {
  const statements = outline(text);
  const imports = statements.filter(({ keyword }) => keyword === "import");
  // `import public "x";` has its path as the third word, which is not kept: the text of the statement has it.
  if (imports.some(({ start, end }) => text.slice(start, end).includes(JSON.stringify(path)))) return undefined;
  const end = lineEnd(text);
  const line = `import "${path}";`;
  const previous = imports.at(-1);
  const anchor = previous ?? statements.findLast(({ keyword }) => /^(?:syntax|edition|package)$/.test(keyword));
  if (anchor === undefined) {
    const at = text.startsWith("\ufeff") ? 1 : 0;
    return { start: at, end: at, text: line + end + end };
  }
  const rest = /^[^\n]*?(?=\r?\n|$)/.exec(text.slice(anchor.end))?.[0] ?? "";
  // What follows on the same line and is no comment stays behind it.
  if (!/^\s*(?:\/\/|$)/.test(rest)) return { start: anchor.end, end: anchor.end, text: ` ${line}` };
  const at = anchor.end + rest.length;
  return { start: at, end: at, text: (previous === undefined ? end + end : end) + line };
}

function declaration({ name, request, response, clientStream, serverStream }: NewMethod): string {
  const type = (stream: boolean, message: string): string => `(${stream ? "stream " : ""}${message})`;
  return `rpc ${name}${type(clientStream, request)} returns ${type(serverStream, response)};`;
}

function commentLines(comment: string): string[] {
  if (comment.trim() === "") return [];
  return comment
    .trim()
    .split(/\r\n|[\n\r\u2028\u2029]/)
    .map((line) => `// ${line}`.trimEnd());
}

/** The space in front of a place on its line; of what is behind something else, that of the line. */
function indentOf(text: string, at: number): string {
  const lineStart = text.lastIndexOf("\n", at - 1) + 1;
  return /^[^\S\r\n\ufeff]*/.exec(text.slice(lineStart, at))?.[0] ?? "";
}

/** The same, for what is the first on its line. */
function ownIndent(text: string, at: number): string | undefined {
  const indent = indentOf(text, at);
  const before = text[at - indent.length - 1];
  return before === "\n" ? indent : undefined;
}

/** One more level: what the first indented line of the file has, or two spaces. */
function step(text: string): string {
  return /^(?:\t| {2}(?: {2})?)(?=\w)/m.exec(text)?.[0] ?? "  ";
}

/** Whether an empty line lies between the last two members, so that the next wants one too. */
function areApart(text: string, statements: readonly Statement[]): boolean {
  const members = statements.filter(({ keyword }) => keyword === "rpc");
  const [one, other] = members.slice(-2);
  return one !== undefined && other !== undefined && /\n[^\S\n]*\n/.test(text.slice(one.end, other.start));
}
