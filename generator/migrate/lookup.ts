// Which declaration of generated code a name in a file of the user leads to.
import { ts } from "ts-morph";
import type { Declarations } from "./declarations.js";
import type { Fate } from "./names.js";

/** Answers for one program. */
export interface Lookup {
  /** What becomes of the property, key, method or export that an identifier or a property in quotes names. */
  fateOf(name: ts.Identifier | ts.StringLiteralLike): Fate | undefined;
  /** What becomes of a text that says which field of a oneof is set. */
  caseOf(text: ts.StringLiteralLike): Fate | undefined;
  /** What becomes of what an import leads to. */
  importedFate(name: ts.Identifier): Fate | undefined;
}

/** Begins to look up. */
export function createLookup(checker: ts.TypeChecker, { fates, cases }: Declarations): Lookup {
  const first = <T>(
    symbols: readonly (ts.Symbol | undefined)[],
    table: ReadonlyMap<ts.Node, T>,
    fits: (found: T) => boolean,
  ): T | undefined => {
    for (const symbol of symbols) {
      for (const declaration of symbol?.declarations ?? []) {
        const found = table.get(declaration);
        if (found !== undefined && fits(found)) return found;
      }
    }
    return undefined;
  };
  const ofType = (type: ts.Type | undefined, name: string): (ts.Symbol | undefined)[] => {
    if (type === undefined) return [];
    const parts = type.isUnion() ? type.types : [type];
    return parts.map((part) => checker.getPropertyOfType(part, name));
  };
  /** The symbols of a property that is named in a literal, a pattern or an access. */
  const symbolsOf = (name: ts.Identifier | ts.StringLiteralLike): (ts.Symbol | undefined)[] => {
    const { parent } = name;
    const inLiteral =
      (ts.isPropertyAssignment(parent) || ts.isShorthandPropertyAssignment(parent) || ts.isMethodDeclaration(parent)) &&
      parent.name === name &&
      ts.isObjectLiteralExpression(parent.parent);
    if (inLiteral) return ofType(checker.getContextualType(parent.parent as ts.ObjectLiteralExpression), name.text);
    if (ts.isBindingElement(parent) && ts.isObjectBindingPattern(parent.parent)) {
      const named = parent.propertyName ?? parent.name;
      if (named !== name) return [];
      return ofType(checker.getTypeAtLocation(parent.parent), name.text);
    }
    if (ts.isLiteralTypeNode(parent)) return ofType(indexedType(parent, checker), name.text);
    const symbol = checker.getSymbolAtLocation(name);
    // Through `import * as notes` a name may lead to one that a file only passes on.
    const isAlias = symbol !== undefined && (symbol.flags & ts.SymbolFlags.Alias) !== 0;
    return [isAlias ? checker.getAliasedSymbol(symbol) : symbol, ...inherited(symbol, name.text)];
  };
  /** What a member of a class of the user implements. */
  const inherited = (symbol: ts.Symbol | undefined, name: string): (ts.Symbol | undefined)[] => {
    const owner = symbol?.declarations?.find((declaration) => ts.isClassElement(declaration))?.parent;
    if (owner === undefined || !ts.isClassLike(owner)) return [];
    const types = (owner.heritageClauses ?? []).flatMap((clause) => clause.types);
    return types.flatMap((type) => ofType(checker.getTypeAtLocation(type), name));
  };
  const any = (): boolean => true;
  return {
    fateOf: (name) => first(symbolsOf(name), fates, any),
    caseOf(text) {
      const same = ({ text: known }: { text: string }): boolean => known === text.text;
      return first(caseSymbols(text, checker, ofType), cases, same)?.fate;
    },
    importedFate(name) {
      const symbol = checker.getSymbolAtLocation(name);
      if (symbol === undefined) return undefined;
      const target = (symbol.flags & ts.SymbolFlags.Alias) === 0 ? symbol : checker.getAliasedSymbol(symbol);
      return first([target], fates, any);
    },
  };
}

/** The type whose property a literal in a type names: `Note["title"]`, `Pick<Note, "title" | "text">`. */
function indexedType(literal: ts.LiteralTypeNode, checker: ts.TypeChecker): ts.Type | undefined {
  let node: ts.TypeNode = literal;
  while (ts.isUnionTypeNode(node.parent)) node = node.parent;
  const { parent } = node;
  if (ts.isIndexedAccessTypeNode(parent) && parent.indexType === node)
    return checker.getTypeAtLocation(parent.objectType);
  if (!ts.isTypeReferenceNode(parent) || !/^(?:Pick|Omit)$/.test(parent.typeName.getText())) return undefined;
  const [subject] = parent.typeArguments ?? [];
  return subject === undefined || subject === node ? undefined : checker.getTypeAtLocation(subject);
}

/** The property that a text is compared with or put into. */
function caseSymbols(
  text: ts.StringLiteralLike,
  checker: ts.TypeChecker,
  ofType: (type: ts.Type | undefined, name: string) => (ts.Symbol | undefined)[],
): (ts.Symbol | undefined)[] {
  let node: ts.Node = text;
  while (ts.isParenthesizedExpression(node.parent) || ts.isAsExpression(node.parent)) node = node.parent;
  const { parent } = node;
  if (ts.isPropertyAssignment(parent) && parent.initializer === node && parent.name.getText() === "case") {
    return ofType(checker.getContextualType(parent.parent), "case");
  }
  const other = ts.isCaseClause(parent)
    ? parent.parent.parent.expression
    : ts.isBinaryExpression(parent)
      ? parent.left === node
        ? parent.right
        : parent.left
      : undefined;
  if (other === undefined) return [];
  const access = ts.isPropertyAccessExpression(other) ? other : undefined;
  if (access !== undefined)
    return [
      checker.getSymbolAtLocation(access.name),
      ...ofType(checker.getTypeAtLocation(access.expression), access.name.text),
    ];
  // `const { case: kind } = note.body`: the name leads to its pattern.
  const symbol = checker.getSymbolAtLocation(other);
  const element = symbol?.declarations?.find((declaration) => ts.isBindingElement(declaration));
  if (element === undefined || !ts.isObjectBindingPattern(element.parent)) return [];
  return ofType(checker.getTypeAtLocation(element.parent), (element.propertyName ?? element.name).getText());
}
