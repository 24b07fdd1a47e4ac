// How templates are compiled. Part of the bundle's build as well, hence without imports.

/** Nothing is escaped, a missing value is an error, helpers are `each`, `if` and `eachLine` only. */
const options = {
  noEscape: true,
  strict: true,
  knownHelpersOnly: true,
  knownHelpers: { eachLine: true },
  preventIndent: true,
  data: false,
};

/** What is needed of the compiler of Handlebars. */
interface Compiler {
  parse(source: string): unknown;
  precompile(template: unknown, options: object): unknown;
}

interface Node {
  readonly type: string;
  readonly original?: unknown;
  readonly value?: unknown;
  readonly path?: Node & { parts: string[]; original: string };
  readonly params?: readonly Node[];
  readonly program?: { readonly body: Node[] };
  readonly inverse?: { readonly body: Node[] };
}

/**
 * The JavaScript of a template. Lists of lines (`each` over nothing but `{{this}}` and a line break), of which most of a
 * generated file consists, become one call of the helper `eachLine`: line by line they took a fifth of all time.
 */
export function compileTemplate(compiler: Compiler, source: string): string {
  const program = compiler.parse(source) as { body: Node[] };
  joinLines(program.body);
  return String(compiler.precompile(program, options));
}

function joinLines(body: Node[]): void {
  for (const [i, node] of body.entries()) {
    const inside = node.program?.body;
    if (inside === undefined) continue;
    if (node.path?.original === "each" && isLine(inside)) {
      const path = { ...node.path, original: "eachLine", parts: ["eachLine"] };
      body[i] = { ...node, type: "MustacheStatement", path };
      continue;
    }
    joinLines(inside);
    joinLines(node.inverse?.body ?? []);
  }
}

function isLine([first, second, ...rest]: readonly Node[]): boolean {
  if (rest.length > 0 || first?.type !== "MustacheStatement" || second?.type !== "ContentStatement") return false;
  return first.path?.original === "this" && second.value === "\n";
}
