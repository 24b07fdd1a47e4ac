// Imports of generated code: names that are others now, and files that are elsewhere.
import { ts } from "ts-morph";
import type { Edit } from "../skeleton/edits.js";
import type { Lookup } from "./lookup.js";
import type { Fate } from "./names.js";
import type { ByHand } from "./rewrite.js";

/** Where generated files are now. */
export interface Places {
  /**
   * How a file imports now what it imports from an old generated file.
   *
   * @param from the file that imports, absolute.
   * @param specifier as it is written.
   * @param fate of the name that is imported; undefined for the module as a whole.
   * @returns undefined when the specifier leads to no generated file; `gone` when nothing stands in for it.
   */
  specifier(from: string, specifier: string, fate: Fate | undefined): string | undefined | { readonly gone: true };
}

/** What becomes of the imports of one file. */
export interface RewrittenImports {
  readonly edits: Edit[];
  readonly byHand: ByHand[];
}

interface Named {
  /** As it stands in the braces, without `type`. */
  readonly text: string;
  readonly typeOnly: boolean;
  readonly specifier: string;
}

/** Rewrites imports, re-exports, `import()` and `typeof import()`, and the uses of what they bring. */
export function rewriteImports(
  file: ts.SourceFile,
  checker: ts.TypeChecker,
  lookup: Lookup,
  places: Places,
): RewrittenImports {
  const edits: Edit[] = [];
  const byHand: ByHand[] = [];
  const tell = (node: ts.Node, message: string): void => {
    const { line, character } = file.getLineAndCharacterOfPosition(node.getStart(file));
    byHand.push({ line: line + 1, column: character + 1, message });
  };
  const words = new Set<string>();
  const collect = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) words.add(node.text);
    ts.forEachChild(node, collect);
  };
  collect(file);
  /** Names that get another one throughout the file, by the symbol of their import. */
  const locals = new Map<ts.Symbol, string>();

  const replaceText = (literal: ts.StringLiteralLike, specifier: string): void => {
    if (specifier !== literal.text)
      edits.push({ start: literal.getStart(file) + 1, end: literal.getEnd() - 1, text: specifier });
  };

  /** Changes one statement; names that go to different files become statements of their own behind it. */
  const rewriteStatement = (node: ts.ImportDeclaration | ts.ExportDeclaration): void => {
    const literal = node.moduleSpecifier;
    if (literal === undefined || !ts.isStringLiteral(literal)) return;
    const whole = places.specifier(file.fileName, literal.text, undefined);
    const bindings = ts.isImportDeclaration(node) ? node.importClause?.namedBindings : node.exportClause;
    if (bindings === undefined || !(ts.isNamedImports(bindings) || ts.isNamedExports(bindings))) {
      if (typeof whole === "string") replaceText(literal, whole);
      else if (whole !== undefined) tell(node, `${literal.text} is gone: remove this import`);
      return;
    }
    const named: Named[] = [];
    const inPlace: Edit[] = [];
    for (const element of bindings.elements) {
      const imported = element.propertyName ?? element.name;
      const fate = ts.isIdentifier(element.name) ? lookup.importedFate(element.name) : undefined;
      // Through a path of tsconfig.json names are followed, files are not: what the path leads to is the user's to say.
      if (whole === undefined && fate === undefined) return;
      const target = whole === undefined ? literal.text : places.specifier(file.fileName, literal.text, fate);
      const gone = (fate !== undefined && fate.name === undefined) || typeof target !== "string";
      if (gone) tell(element, `${fate?.about ?? imported.text} is gone: change what uses it`);
      const text = gone ? element.getText(file).replace(/^type\s+/, "") : renameElement(element, fate, inPlace);
      named.push({ text, typeOnly: element.isTypeOnly, specifier: typeof target === "string" ? target : literal.text });
    }
    const counts = new Map<string, number>();
    for (const { specifier } of named) counts.set(specifier, (counts.get(specifier) ?? 0) + 1);
    const [stays = literal.text] = [...counts].toSorted(([, x], [, y]) => y - x)[0] ?? [];
    replaceText(literal, stays);
    const leaves = bindings.elements.filter((_, i) => named[i]?.specifier !== stays);
    edits.push(
      ...inPlace.filter(
        ({ start }) => !leaves.some((element) => start >= element.getStart(file) && start < element.getEnd()),
      ),
      ...removals([...bindings.elements], new Set(leaves), file),
    );
    const keyword = ts.isImportDeclaration(node) ? "import" : "export";
    const typeOnly = ts.isImportDeclaration(node) ? node.importClause?.isTypeOnly === true : node.isTypeOnly;
    const quote = literal.getText(file).charAt(0);
    const end = node.getText(file).endsWith(";") ? ";" : "";
    const others = [...counts.keys()].filter((specifier) => specifier !== stays);
    const lines = others.map((specifier) => {
      const own = named.filter((one) => one.specifier === specifier);
      const types = typeOnly || own.every((one) => one.typeOnly);
      const list = own.map((one) => (one.typeOnly && !types ? `type ${one.text}` : one.text)).join(", ");
      return `${lineEnd(file)}${keyword} ${types ? "type " : ""}{ ${list} } from ${quote}${specifier}${quote}${end}`;
    });
    const behind = ts.getTrailingCommentRanges(file.text, node.getEnd())?.at(-1)?.end ?? node.getEnd();
    if (lines.length > 0) edits.push({ start: behind, end: behind, text: lines.join("") });
  };

  /** The new text of one name in braces. */
  const renameElement = (
    element: ts.ImportSpecifier | ts.ExportSpecifier,
    fate: Fate | undefined,
    inPlace: Edit[],
  ): string => {
    const imported = element.propertyName ?? element.name;
    const name = fate?.name;
    const text = element.getText(file).replace(/^type\s+/, "");
    if (name === undefined || name === imported.text) return text;
    const symbol = checker.getSymbolAtLocation(element.name);
    // A name of the user's own stays; so does what others import from here.
    const keeps =
      element.propertyName !== undefined || ts.isExportSpecifier(element) || words.has(name) || symbol === undefined;
    if (!keeps) locals.set(symbol, name);
    const next = keeps ? `${name} as ${element.name.text}` : name;
    inPlace.push({ start: imported.getStart(file), end: element.getEnd(), text: next });
    return next;
  };

  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined)) {
      rewriteStatement(node);
      return;
    }
    if (ts.isStringLiteralLike(node) && isImported(node)) {
      const target = places.specifier(file.fileName, node.text, undefined);
      if (typeof target === "string") replaceText(node, target);
      else if (target !== undefined) tell(node, `${node.text} is gone: remove this import`);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  if (locals.size > 0) edits.push(...renameUses(file, checker, locals));
  return { edits, byHand };
}

/** Takes names out of the braces with their commas; a comment beside one stays. */
function removals(elements: readonly ts.Node[], leaving: ReadonlySet<ts.Node>, file: ts.SourceFile): Edit[] {
  const last = elements.findLastIndex((element) => !leaving.has(element));
  const [stays, end] = [elements[last], elements.at(-1)?.getEnd() ?? 0];
  const isBare = (from: number, to: number): boolean => !/\/[/*]/.test(file.text.slice(from, to));
  const edits: Edit[] = [];
  for (const [i, element] of elements.entries()) {
    if (!leaving.has(element)) continue;
    // All that are left behind the last one that stays go at once, with the comma before them.
    if (i > last && stays !== undefined && isBare(stays.getEnd(), end)) {
      edits.push({ start: stays.getEnd(), end, text: "" });
      return edits;
    }
    const comma = element.getEnd() + (/^\s*,/.exec(file.text.slice(element.getEnd()))?.[0].length ?? 0);
    const next = elements[i + 1]?.getStart(file) ?? comma;
    const line = lineOf(file, element.getStart(file), comma);
    edits.push(isBare(comma, next) ? { start: element.getStart(file), end: next, text: "" } : { ...line, text: "" });
  }
  return edits;
}

/** The line of a name that has it for itself, else the name alone. */
function lineOf({ text }: ts.SourceFile, start: number, end: number): { readonly start: number; readonly end: number } {
  const first = text.lastIndexOf("\n", start - 1) + 1;
  const rest = /^[ \t]*\r?\n/.exec(text.slice(end))?.[0].length;
  return text.slice(first, start).trim() === "" && rest !== undefined
    ? { start: first, end: end + rest }
    : { start, end };
}

/** Every use of imported names that are called something else now. */
function renameUses(file: ts.SourceFile, checker: ts.TypeChecker, locals: ReadonlyMap<ts.Symbol, string>): Edit[] {
  const edits: Edit[] = [];
  const texts = new Set([...locals.keys()].map(({ name }) => name));
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) return;
    if (!ts.isIdentifier(node) || !texts.has(node.text)) {
      ts.forEachChild(node, visit);
      return;
    }
    const { parent } = node;
    const [start, end] = [node.getStart(file), node.getEnd()];
    if (ts.isShorthandPropertyAssignment(parent)) {
      const value = checker.getShorthandAssignmentValueSymbol(parent);
      const name = value && locals.get(value);
      if (name !== undefined) edits.push({ start, end, text: `${node.text}: ${name}` });
      return;
    }
    const symbol = ts.isExportSpecifier(parent)
      ? checker.getExportSpecifierLocalTargetSymbol(parent)
      : checker.getSymbolAtLocation(node);
    const name = symbol && locals.get(symbol);
    if (name === undefined) return;
    const exported = ts.isExportSpecifier(parent) && parent.propertyName === undefined;
    edits.push({ start, end, text: exported ? `${name} as ${node.text}` : name });
  };
  visit(file);
  return edits;
}

/** Whether a text names a module: `import("…")`, as a value or as a type. */
function isImported(node: ts.StringLiteralLike): boolean {
  const { parent } = node;
  if (ts.isCallExpression(parent)) return parent.expression.kind === ts.SyntaxKind.ImportKeyword;
  return ts.isLiteralTypeNode(parent) && ts.isImportTypeNode(parent.parent) && parent.parent.argument === parent;
}

function lineEnd(file: ts.SourceFile): string {
  return file.text.includes("\r\n") ? "\r\n" : "\n";
}
