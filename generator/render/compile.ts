// Templates as JavaScript: Handlebars parses them, and what they are made of here is few things. Its own compiled form
// asks for each name, block and line through helpers, which took a tenth of all time, and its runtime a tenth of what is
// loaded. Part of the bundle's build as well, hence without imports.

/** What compiled templates are given to ask their views by. */
export interface Need {
  /** @throws Error when the view does not have the name. */
  (view: unknown, name: string): unknown;
  /** Whether `if` takes a value for true: an empty list is none. */
  holds(value: unknown): boolean;
  /** Lines with their ends. */
  lines(lines: unknown): string;
}

/** A compiled template. */
export type Template = (view: object, need: Need) => string;

/** What is needed of Handlebars. */
interface Parser {
  parse(source: string): unknown;
}

interface Node {
  readonly type: string;
  readonly original?: unknown;
  readonly value?: unknown;
  readonly depth?: number;
  readonly data?: boolean;
  readonly parts?: readonly string[];
  readonly path?: Node;
  readonly params?: readonly Node[];
  readonly program?: Program;
  readonly inverse?: Program;
}

interface Program {
  readonly body: readonly Node[];
}

/**
 * The JavaScript of a template: the source of a function of its view and of {@link need}. A template has text, names, `if`
 * with `else`, and `each`; nothing is escaped.
 *
 * @throws Error for anything else.
 */
export function compileTemplate(parser: Parser, source: string): string {
  const { body } = parser.parse(source) as Program;
  return `(v0, need) => {\nlet text = "";\n${statements(body, 0)}return text;\n}`;
}

/** @param depth how many `each` there are around; each view has a variable. */
function statements(body: readonly Node[], depth: number): string {
  return body.map((node) => statement(node, depth)).join("");
}

function statement(node: Node, depth: number): string {
  if (node.type === "ContentStatement") return `text += ${JSON.stringify(node.value)};\n`;
  if (node.type === "CommentStatement") return "";
  if (node.type === "MustacheStatement" && node.params?.length === 0) {
    return `text += ${value(node.path!, depth)} ?? "";\n`;
  }
  const [subject] = node.params ?? [];
  if (node.type !== "BlockStatement" || node.params?.length !== 1 || node.program === undefined) throw unknown(node);
  const of = value(subject!, depth);
  if (node.path!.original === "if") {
    const otherwise = node.inverse === undefined ? "" : ` else {\n${statements(node.inverse.body, depth)}}`;
    return `if (need.holds(${of})) {\n${statements(node.program.body, depth)}}${otherwise}\n`;
  }
  if (node.path!.original !== "each" || node.inverse !== undefined) throw unknown(node);
  // Most of a generated file is lists of lines.
  if (isLine(node.program.body)) return `text += need.lines(${of});\n`;
  return `for (const v${depth + 1} of ${of}) {\n${statements(node.program.body, depth + 1)}}\n`;
}

/** A name of a view, `this`, or with `../` a name of the view around it. */
function value(node: Node, depth: number): string {
  const { type, parts = [], depth: up = 0, data = false } = node;
  const isName = type === "PathExpression" && !data && up <= depth && parts.every((part) => /^\w+$/.test(part));
  if (!isName) throw unknown(node);
  // Each place asks views of one shape, which engines remember; what is not there is a mistake, or said to be undefined.
  return parts.reduce((of, part) => `(${of}.${part} ?? need(${of}, "${part}"))`, `v${depth - up}`);
}

function isLine([first, second, ...rest]: readonly Node[]): boolean {
  if (rest.length > 0 || first?.type !== "MustacheStatement" || second?.type !== "ContentStatement") return false;
  return first.path?.original === "this" && second.value === "\n";
}

function unknown(node: Node): Error {
  return new Error(`templates have no ${node.type} ${String(node.path?.original ?? node.original ?? "")}`);
}
