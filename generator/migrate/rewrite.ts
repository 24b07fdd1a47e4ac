// One file of the user: every name that leads to generated code gets its new name, in place. The file is never printed.
import { ts } from "ts-morph";
import type { Edit } from "../skeleton/edits.js";
import type { ValueKind, Wrap } from "./convert.js";
import type { Lookup } from "./lookup.js";
import type { Fate } from "./names.js";

/** What only the user can change. */
export interface ByHand {
  /** From 1. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** What a file becomes. */
export interface Rewritten {
  readonly edits: Edit[];
  readonly byHand: ByHand[];
}

/** Words that can lead to generated code; all others are passed over without asking for types. */
export interface Words {
  readonly names: ReadonlySet<string>;
  /** Texts that a `case` can be. */
  readonly cases: ReadonlySet<string>;
  /** Names of the schema in texts, such as `acme.v1.Notes/Get`, with what they are now. */
  readonly schema: ReadonlyMap<string, string>;
}

/** Rewrites what is not an import. */
export function rewriteFile(file: ts.SourceFile, checker: ts.TypeChecker, lookup: Lookup, words: Words): Rewritten {
  const edits: Edit[] = [];
  const byHand: ByHand[] = [];
  const change = (start: number, end: number, text: string): void => void edits.push({ start, end, text });
  const tell = (node: ts.Node, message: string): void => {
    const { line, character } = file.getLineAndCharacterOfPosition(node.getStart(file));
    byHand.push({ line: line + 1, column: character + 1, message });
  };

  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return;
    if (ts.isStringLiteralLike(node)) {
      rewriteText(node);
      return;
    }
    if (ts.isIdentifier(node)) {
      rewriteName(node);
      return;
    }
    const closing = wrapOf(node);
    ts.forEachChild(node, visit);
    if (closing !== undefined) change(node.getEnd(), node.getEnd(), closing);
  };

  /** Puts the beginning of a conversion before a node; the end comes after what is in it. */
  const wrapOf = (node: ts.Node): string | undefined => {
    const wrap = writeWrap(node) ?? readWrap(node);
    if (wrap === undefined) return undefined;
    change(node.getStart(file), node.getStart(file), wrap.before);
    return wrap.after;
  };

  /** The conversion of a value that is given to a field. */
  const writeWrap = (node: ts.Node): Wrap | undefined => {
    const fate = writtenTo(node);
    if (fate?.conversion === undefined || isSameConversion(node, fate)) return undefined;
    const { write, told, to } = fate.conversion;
    // Whoever was here before has seen to it.
    if (to !== undefined && kindOf(checker.getTypeAtLocation(node)) === to) return undefined;
    if (write === undefined) {
      tell(node, `${fate.about} ${told}: change what is written to it`);
      return undefined;
    }
    const literal = write.literal?.(node.getText(file));
    if (literal === undefined) return write;
    change(node.getStart(file), node.getEnd(), literal);
    return undefined;
  };

  const writtenTo = (node: ts.Node): Fate | undefined => {
    const { parent } = node;
    if (ts.isPropertyAssignment(parent) && parent.initializer === node) return fateOfProperty(parent.name);
    if (!ts.isBinaryExpression(parent) || parent.right !== node) return undefined;
    if (parent.operatorToken.kind !== ts.SyntaxKind.EqualsToken || !ts.isPropertyAccessExpression(parent.left))
      return undefined;
    return fateOfProperty(parent.left.name);
  };

  /** The conversion of a field that is read. */
  const readWrap = (node: ts.Node): Wrap | undefined => {
    if (!ts.isPropertyAccessExpression(node)) return undefined;
    const fate = fateOfProperty(node.name);
    if (fate?.conversion === undefined) return undefined;
    const { parent } = node;
    const { read } = fate.conversion;
    if (read !== undefined && isWrapped(node, read)) return undefined;
    if (ts.isBinaryExpression(parent) && parent.left === node && isAssignment(parent.operatorToken.kind)) {
      if (parent.operatorToken.kind !== ts.SyntaxKind.EqualsToken)
        tell(node, `${fate.about} ${fate.conversion.told}: change this assignment`);
      return undefined;
    }
    const target = writtenTo(node);
    if (target !== undefined && isSameConversion(node, target)) return undefined;
    const counts = ts.isPrefixUnaryExpression(parent) || ts.isPostfixUnaryExpression(parent);
    const counted =
      counts && (parent.operator === ts.SyntaxKind.PlusPlusToken || parent.operator === ts.SyntaxKind.MinusMinusToken);
    const optional = (node.flags & ts.NodeFlags.OptionalChain) !== 0;
    if (read !== undefined && !counted && !optional) return read;
    tell(node.name, `${fate.about} ${fate.conversion.told}: change what is read from it`);
    return undefined;
  };

  const isWrapped = (node: ts.Node, { before, after }: Wrap): boolean =>
    file.text.slice(0, node.getStart(file)).endsWith(before) && file.text.startsWith(after, node.getEnd());

  /** What an expression is, as far as conversions tell it apart. */
  const kindOf = (type: ts.Type): ValueKind | undefined => {
    if (checker.isArrayType(type)) return "list";
    const name = type.getSymbol()?.name;
    if (name === "Uint8Array" || name === "Buffer") return "bytes";
    const known = { number: ts.TypeFlags.NumberLike, bigint: ts.TypeFlags.BigIntLike, string: ts.TypeFlags.StringLike };
    const [kind] = Object.entries(known).find(([, flag]) => (type.flags & flag) !== 0) ?? [];
    return kind as ValueKind | undefined;
  };

  /** Whether a value comes from a field that has changed in the same way: it fits as it is. */
  const isSameConversion = (node: ts.Node, fate: Fate): boolean => {
    if (!ts.isPropertyAccessExpression(node)) return false;
    const source = fateOfProperty(node.name);
    return source?.conversion !== undefined && source.conversion.told === fate.conversion?.told;
  };

  const fateOfProperty = (name: ts.PropertyName | ts.MemberName): Fate | undefined =>
    (ts.isIdentifier(name) || ts.isStringLiteralLike(name)) && words.names.has(name.text)
      ? lookup.fateOf(name)
      : undefined;

  const rewriteText = (node: ts.StringLiteralLike): void => {
    const [start, end] = [node.getStart(file) + 1, node.getEnd() - 1];
    const known = words.schema.get(node.text);
    if (known !== undefined && file.text.slice(start, end) === node.text) return change(start, end, known);
    const access = isPropertyText(node);
    const property = access && words.names.has(node.text) ? lookup.fateOf(node) : undefined;
    const fate = property ?? (words.cases.has(node.text) ? lookup.caseOf(node) : undefined);
    if (fate === undefined) {
      const closing = wrapOf(node);
      if (closing !== undefined) change(node.getEnd(), node.getEnd(), closing);
      return;
    }
    if (fate.name === undefined) tell(node, `${fate.about} is gone: change what uses it`);
    else if (fate.name !== node.text) change(start, end, fate.name);
  };

  const rewriteName = (node: ts.Identifier): void => {
    const { parent } = node;
    const shorthand = ts.isShorthandPropertyAssignment(parent) && parent.name === node;
    const fate = words.names.has(node.text) && isMemberName(node) ? lookup.fateOf(node) : undefined;
    if (fate === undefined) {
      const closing = wrapOf(node);
      if (closing !== undefined) change(node.getEnd(), node.getEnd(), closing);
      return;
    }
    const called = ts.isPropertyAccessExpression(parent) ? fate.instead : undefined;
    const name = called ?? fate.name;
    if (name === undefined) {
      tell(node, `${fate.about} is gone: change what uses it`);
      return;
    }
    if (fate.note !== undefined) tell(node, `${fate.about} ${fate.note}`);
    const [start, end] = [node.getStart(file), node.getEnd()];
    if (shorthand) {
      const write = fate.conversion?.write;
      const value = checker.getShorthandAssignmentValueSymbol(parent);
      const kind = value === undefined ? undefined : kindOf(checker.getTypeOfSymbolAtLocation(value, node));
      const fits = fate.conversion?.to !== undefined && kind === fate.conversion.to;
      if (write !== undefined && !fits) {
        change(start, end, `${name}: ${write.before}${node.text}${write.after}`);
        return;
      }
      if (fate.conversion !== undefined)
        tell(node, `${fate.about} ${fate.conversion.told}: change what is written to it`);
      if (name !== node.text) change(start, end, `${name}: ${node.text}`);
      return;
    }
    const element = ts.isBindingElement(parent) ? parent : undefined;
    if (element !== undefined && fate.conversion !== undefined) {
      tell(node, `${fate.about} ${fate.conversion.told}: change what is read from it`);
    }
    if (name === node.text) return;
    // A name that a pattern brings into the function stays: only where it comes from is another.
    change(start, end, element !== undefined && element.propertyName === undefined ? `${name}: ${node.text}` : name);
  };

  ts.forEachChild(file, visit);
  return { edits, byHand };
}

/** Whether an identifier names a member of something: imports and their uses are changed elsewhere. */
function isMemberName(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node;
  if (ts.isQualifiedName(parent)) return parent.right === node;
  if (ts.isBindingElement(parent))
    return (parent.propertyName ?? parent.name) === node && ts.isObjectBindingPattern(parent.parent);
  return (
    (ts.isPropertyAssignment(parent) ||
      ts.isShorthandPropertyAssignment(parent) ||
      ts.isMethodDeclaration(parent) ||
      ts.isPropertyDeclaration(parent) ||
      ts.isGetAccessorDeclaration(parent)) &&
    parent.name === node
  );
}

/** Whether a text names a property: `note["title"]`, `{ "title": … }`, `Note["title"]`, `Pick<Note, "title">`. */
function isPropertyText(node: ts.StringLiteralLike): boolean {
  const { parent } = node;
  if (ts.isElementAccessExpression(parent) || ts.isLiteralTypeNode(parent)) return true;
  if (ts.isPropertyAssignment(parent)) return parent.name === node;
  return ts.isBindingElement(parent) && parent.propertyName === node;
}

function isAssignment(kind: ts.SyntaxKind): boolean {
  return kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;
}
