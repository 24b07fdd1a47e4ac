// Whether a method of the user still fits the schema, and what of it can be changed without touching what it does.
import { type MethodDeclaration, SyntaxKind, ts, type TypeNode } from "ts-morph";
import type { MessageModel, MethodModel } from "../model/model.js";
import type { Edit } from "./edits.js";
import { type ImportBook, isGenerated, moduleBase } from "./merge-imports.js";
import { type MethodTypes, streamsOf } from "./view.js";

/** What of a signature is to be done. */
export type Verdict =
  | { readonly kind: "fits" }
  /** Types are exchanged in place. */
  | { readonly kind: "adjust"; readonly edits: readonly Edit[] }
  /** It answers in another way than the schema says: a stream or not. */
  | { readonly kind: "other-shape" };

const streams: ReadonlySet<string> = new Set([
  "AsyncIterable",
  "AsyncGenerator",
  "AsyncIterableIterator",
  "AsyncIterator",
]);

/** An annotation, taken apart: `Promise<X>`, `AsyncIterable<X>` or `X`. */
interface Annotation {
  readonly stream: boolean;
  /** The name of X and its node; undefined when X is no name. */
  readonly core: { readonly name: string; readonly node: TypeNode } | undefined;
}

/** Compares a method of the user with the schema. What it does not annotate cannot be wrong. */
export function judgeSignature(
  member: MethodDeclaration,
  method: MethodModel,
  types: MethodTypes,
  book: ImportBook,
): Verdict {
  const expected = streamsOf(method);
  const request = readAnnotation(member.getParameters()[0]?.getTypeNode());
  const response = readAnnotation(member.getReturnTypeNode());
  const generator = member.getAsteriskToken() !== undefined;
  if (request !== undefined && known(request, book) && request.stream !== expected.requests)
    return { kind: "other-shape" };
  if (generator && !expected.responses) return { kind: "other-shape" };
  if (response !== undefined && known(response, book) && response.stream !== expected.responses) {
    return { kind: "other-shape" };
  }
  const edits = [
    ...exchange(request, method.request, (message) => types.shape(message), types, book),
    ...exchange(response, method.response, (message) => types.init(message), types, book),
  ];
  return edits.length === 0 ? { kind: "fits" } : { kind: "adjust", edits };
}

/** Whether a method is as the skeleton wrote it: it throws NOT_IMPLEMENTED, and does nothing else. */
export function isUntouched(member: MethodDeclaration): boolean {
  if (member.getModifiers().some((modifier) => modifier.getKind() !== SyntaxKind.AsyncKeyword)) return false;
  const [statement, ...rest] = member.getStatementsWithComments();
  if (statement === undefined || rest.length > 0 || member.getDecorators().length > 0) return false;
  return /^throw new [\w$]+\(\s*["']NOT_IMPLEMENTED["'],/.test(statement.getText());
}

/** Whether it can be said what an annotation is: a stream, or a message of generated code. */
function known({ stream, core }: Annotation, book: ImportBook): boolean {
  if (stream) return true;
  return core !== undefined && isGenerated(book.originOf(core.name)?.specifier ?? "");
}

function readAnnotation(node: TypeNode | undefined): Annotation | undefined {
  const reference = node?.asKind(SyntaxKind.TypeReference);
  if (reference === undefined) return undefined;
  const name = reference.getTypeName().getText();
  const [inner] = reference.getTypeArguments();
  if (inner === undefined) return { stream: false, core: { name, node: reference } };
  if (name !== "Promise" && !streams.has(name)) return { stream: false, core: undefined };
  const core = inner.asKind(SyntaxKind.TypeReference);
  const plain = core !== undefined && core.getTypeArguments().length === 0;
  return {
    stream: streams.has(name),
    core: plain ? { name: core.getTypeName().getText(), node: core } : undefined,
  };
}

/** Exchanges a message of generated code that is not the one of the schema. */
function exchange(
  annotation: Annotation | undefined,
  message: MessageModel,
  name: (message: MessageModel) => string,
  types: MethodTypes,
  book: ImportBook,
): Edit[] {
  const core = annotation?.core;
  if (core === undefined) return [];
  const origin = book.originOf(core.name);
  if (origin === undefined || !isGenerated(origin.specifier)) return [];
  const { specifier, shape, init } = types.origin(message);
  const same = moduleBase(origin.specifier) === moduleBase(specifier);
  if (same && (origin.name === shape || origin.name === init)) return [];
  book.drop(core.name);
  return [{ start: core.node.getStart(), end: core.node.getEnd(), text: name(message) }];
}

/** The names that stand in a piece of the file. */
export function namesIn(member: MethodDeclaration): string[] {
  const names: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) names.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(member.compilerNode);
  return names;
}
