// Brings a file of the user up to its schema. It is parsed, never printed: what changes is inserted into the text or
// exchanged in place, and everything else stays as it is, byte by byte.
import { type ClassDeclaration, type ClassExpression, Node, Project, type SourceFile, SyntaxKind } from "ts-morph";
import type { MethodModel, ServiceModel } from "../model/model.js";
import { namesOf } from "../targets/typescript/names.js";
import { applyEdits, type Edit } from "./edits.js";
import { endWithComments, ImportBook } from "./merge-imports.js";
import { isUntouched, judgeSignature, namesIn } from "./merge-signature.js";
import { methodTypes, skeletonMethod, type SkeletonImports, type SkeletonMethod } from "./view.js";

/** A method that has to be changed by hand. */
export interface MergeConflict {
  readonly method: string;
  /** Where it begins, both from 1. */
  readonly line: number;
  readonly column: number;
  /** The head as it is, and as the schema has it. */
  readonly before: string;
  readonly after: string;
}

/** A method that the schema has no more. */
export interface RemovedMethod {
  readonly method: string;
  /** Where it begins, both from 1. */
  readonly line: number;
  readonly column: number;
}

/** What a merge did, or would do. */
export interface MergeResult {
  /** Changes of the text; empty when there is nothing to do. */
  readonly edits: readonly Edit[];
  /** Methods that are new, by their names in TypeScript. */
  readonly added: readonly string[];
  /** Methods whose types were exchanged. */
  readonly adjusted: readonly string[];
  readonly conflicts: readonly MergeConflict[];
  /** Methods that the schema has no more; they stay. */
  readonly removed: readonly RemovedMethod[];
  /** Why nothing was done; undefined when the file was understood. */
  readonly trouble?: string;
}

/** What is merged. */
export interface MergeRequest {
  /** The file as it is. */
  readonly text: string;
  readonly service: ServiceModel;
  readonly imports: SkeletonImports;
  /** Methods that the schema had before, by their names in TypeScript. */
  readonly before: ReadonlySet<string>;
}

type ClassNode = ClassDeclaration | ClassExpression;

/** Merges. The file is not run and its types are not checked. */
export function mergeSkeleton(request: MergeRequest): MergeResult {
  // The parser does not count a mark of byte order.
  if (!request.text.startsWith("\ufeff")) return mergePlain(request);
  const result = mergePlain({ ...request, text: request.text.slice(1) });
  const edits = result.edits.map(({ start, end, text }) => ({ start: start + 1, end: end + 1, text }));
  return { ...result, edits };
}

function mergePlain({ text, service, imports, before }: MergeRequest): MergeResult {
  const file = parse(text, imports.file);
  const broken = firstError(file);
  if (broken !== undefined) return nothing(`line ${broken} is no TypeScript`);
  const node = findClass(file, namesOf(service.file).service(service).handler);
  if (node === undefined) return nothing("no class in it extends the base");
  const book = new ImportBook(file);
  const types = methodTypes(service, imports, book);
  const names = service.methods.map((method) => namesOf(service.file).method(method));
  const own = membersOf(node);
  const edits: Edit[] = [];
  const [added, adjusted, conflicts]: [string[], string[], MergeConflict[]] = [[], [], []];
  const layout = layoutOf(node, text);
  let anchor: number | undefined;
  for (const [i, method] of service.methods.entries()) {
    const name = names[i] ?? "";
    const member = own.get(name);
    if (member === undefined) {
      const lines = print(skeletonMethod(method, types, imports, book), layout);
      edits.push(insertion(node, text, anchor, lines, layout));
      added.push(name);
      continue;
    }
    anchor = endWithComments(text, endOf(member, node));
    const declaration = member.asKind(SyntaxKind.MethodDeclaration);
    if (declaration === undefined || declaration.isStatic() || declaration.getBody() === undefined) continue;
    const verdict = judgeSignature(declaration, method, types, book);
    if (verdict.kind === "adjust") {
      edits.push(...verdict.edits);
      adjusted.push(name);
    } else if (verdict.kind === "other-shape" && isUntouched(declaration)) {
      for (const word of namesIn(declaration)) book.drop(word);
      const lines = print(skeletonMethod(method, types, imports, book), layout);
      edits.push({ start: declaration.getStart(), end: declaration.getEnd(), text: lines.trimStart() });
      adjusted.push(name);
    } else if (verdict.kind === "other-shape") conflicts.push(conflictOf(declaration, method, service, imports));
  }
  const removed = [...before]
    .filter((name) => !names.includes(name))
    .flatMap((name) => {
      const member = own.get(name);
      return member === undefined ? [] : [{ method: name, ...placeOf(member) }];
    });
  edits.push(...book.edits());
  const crlf = /\r\n/.test(text);
  const final = crlf ? edits.map((edit) => ({ ...edit, text: edit.text.replaceAll("\n", "\r\n") })) : edits;
  const trouble = verify(applyEdits(text, final), imports.file, service, [...own.keys(), ...added]);
  if (trouble !== undefined) return nothing(trouble);
  return { edits: final, added, adjusted, conflicts, removed };
}

function nothing(trouble: string): MergeResult {
  return { edits: [], added: [], adjusted: [], conflicts: [], removed: [], trouble };
}

function parse(text: string, path: string): SourceFile {
  const project = new Project({ useInMemoryFileSystem: true, skipLoadingLibFiles: true });
  return project.createSourceFile(path.endsWith("x") ? "file.tsx" : "file.ts", text);
}

/** The line of the first syntax error. */
function firstError(file: SourceFile): number | undefined {
  const { parseDiagnostics } = file.compilerNode as unknown as { parseDiagnostics?: readonly { start: number }[] };
  const [first] = parseDiagnostics ?? [];
  return first === undefined ? undefined : file.getLineAndColumnAtPos(first.start).line;
}

/** The class that extends a base: by its name, or by the name it is imported under. */
function findClass(file: SourceFile, handler: string): ClassNode | undefined {
  const specifiers = file.getImportDeclarations().flatMap((declaration) => declaration.getNamedImports());
  const local =
    specifiers
      .find((named) => named.getName() === handler)
      ?.getAliasNode()
      ?.getText() ?? handler;
  const classes: ClassNode[] = [
    ...file.getDescendantsOfKind(SyntaxKind.ClassDeclaration),
    ...file.getDescendantsOfKind(SyntaxKind.ClassExpression),
  ];
  return classes.find((node) => node.getExtends()?.getExpression().getText().split(".").at(-1) === local);
}

/** The members of a class by name; of overloads, the last. */
function membersOf(node: ClassNode): Map<string, Node> {
  const members = new Map<string, Node>();
  for (const member of node.getMembers()) {
    if (!Node.hasName(member) || (Node.isStaticable(member) && member.isStatic())) continue;
    members.set(member.getName().replace(/^(["'])(.*)\1$/, "$2"), member);
  }
  return members;
}

/** The end of a member; a semicolon right behind it belongs to it. */
function endOf(member: Node, node: ClassNode): number {
  const all = node.compilerNode.members;
  const i = all.findIndex((one) => one === member.compilerNode);
  const next = all[i + 1];
  const between = next === undefined ? "" : node.getSourceFile().getFullText().slice(member.getEnd(), next.getStart());
  return next?.kind === SyntaxKind.SemicolonClassElement && !between.includes("\n") ? next.getEnd() : member.getEnd();
}

/** How a class is indented. */
interface Layout {
  /** Before its members. */
  readonly member: string;
  /** One level more. */
  readonly unit: string;
}

function layoutOf(node: ClassNode, text: string): Layout {
  const indentAt = (position: number): string => {
    const line = text.lastIndexOf("\n", position - 1) + 1;
    return /^([ \t]*)/.exec(text.slice(line, position))?.[1] ?? "";
  };
  const outer = indentAt(node.getStart());
  const [first] = node.getMembers();
  const alone = first !== undefined && first.getStartLineNumber() !== node.getStartLineNumber();
  const member = alone ? indentAt(first.getStart()) : `${outer}  `;
  const unit = member.startsWith(outer) && member !== outer ? member.slice(outer.length) : "  ";
  return { member, unit };
}

/** A method with the indentation of the class. */
function print({ head, body }: SkeletonMethod, { member, unit }: Layout): string {
  return `${head}\n${body}\n  }`
    .split("\n")
    .map((line) => {
      const level = (/^ */.exec(line)?.[0].length ?? 0) / 2;
      return line === "" ? "" : member + unit.repeat(Math.max(0, level - 1)) + line.trimStart();
    })
    .join("\n");
}

/** Puts a method behind the one that comes before it in the schema, else behind everything. */
function insertion(node: ClassNode, text: string, anchor: number | undefined, lines: string, layout: Layout): Edit {
  const last = node.compilerNode.members.at(-1);
  const at = anchor ?? (last === undefined ? undefined : endWithComments(text, last.getEnd()));
  const outer = layout.member.slice(0, layout.member.length - layout.unit.length);
  // What follows on the same line, if only a bracket, moves to a line of its own.
  const follows = (position: number): string => (/^[ \t]*(?:\r?\n|$)/.test(text.slice(position)) ? "" : `\n${outer}`);
  if (at !== undefined) return { start: at, end: at, text: `\n\n${lines}${follows(at)}` };
  const close = node.getEnd() - 1;
  const line = text.lastIndexOf("\n", close) + 1;
  const alone = /^[ \t]*$/.test(text.slice(line, close));
  return alone
    ? { start: line, end: line, text: `${lines}\n` }
    : { start: close, end: close, text: `\n${lines}\n${outer}` };
}

function conflictOf(member: Node, method: MethodModel, service: ServiceModel, imports: SkeletonImports): MergeConflict {
  const plain = { import: (name: string): string => name };
  const { name, head } = skeletonMethod(method, methodTypes(service, imports, plain), imports, plain);
  const body = member.asKindOrThrow(SyntaxKind.MethodDeclaration).getBodyOrThrow();
  const text = member
    .getSourceFile()
    .getFullText()
    .slice(member.getStart(), body.getStart() + 1);
  return { method: name, ...placeOf(member), before: oneLine(text), after: oneLine(head) };
}

function placeOf(member: Node): { readonly line: number; readonly column: number } {
  return member.getSourceFile().getLineAndColumnAtPos(member.getStart());
}

function oneLine(text: string): string {
  return text.trim().replaceAll(/\s+/g, " ").replaceAll("( ", "(").replaceAll(", )", ")");
}

/** Reads the result again: it has to be TypeScript, with every member that was there and every one that was added. */
function verify(text: string, path: string, service: ServiceModel, expected: readonly string[]): string | undefined {
  const file = parse(text, path);
  const node = findClass(file, namesOf(service.file).service(service).handler);
  const members = node === undefined ? undefined : membersOf(node);
  const whole =
    members !== undefined && expected.every((name) => members.has(name)) && members.size === expected.length;
  return firstError(file) === undefined && whole ? undefined : "its layout leaves no safe place for a method";
}
