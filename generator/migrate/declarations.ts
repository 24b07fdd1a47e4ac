// Where the old generated code declares what has another name now: each such place with what becomes of it.
import { ts } from "ts-morph";
import type { Fate, FileFates } from "./names.js";

/** What becomes of a declaration; texts that a `case` can be are kept by the property `case` that holds them. */
export interface Declarations {
  /** By the node that declares a property, a key, a method or an export. */
  readonly fates: Map<ts.Node, Fate>;
  /** By the property `case` of one member of a union. */
  readonly cases: Map<ts.Node, { readonly text: string; readonly fate: Fate }>;
}

/** Finds the declarations of one generated file. */
export function collectDeclarations(file: ts.SourceFile, names: FileFates, into: Declarations): void {
  for (const statement of file.statements) {
    if (ts.isVariableStatement(statement)) {
      for (const declaration of statement.declarationList.declarations) {
        if (!ts.isIdentifier(declaration.name)) continue;
        const name = declaration.name.text;
        note(declaration, names.exports.get(name), into);
        collectObject(declaration.initializer, names, name, into);
        if (declaration.type !== undefined)
          collectTyped(declaration.type, names.methods.get(`${name}Service`) ?? names.methods.get(name), into);
      }
    } else if (
      ts.isTypeAliasDeclaration(statement) ||
      ts.isInterfaceDeclaration(statement) ||
      ts.isClassDeclaration(statement) ||
      ts.isEnumDeclaration(statement) ||
      ts.isFunctionDeclaration(statement)
    ) {
      const name = statement.name?.text ?? "";
      note(statement, names.exports.get(name), into);
      if (ts.isTypeAliasDeclaration(statement)) collectAlias(statement.type, names, name, into);
      if (ts.isInterfaceDeclaration(statement)) collectProperties(statement.members, names, name, into);
      if (ts.isClassDeclaration(statement)) collectNamed(statement.members, names.methods.get(name), into);
      if (ts.isEnumDeclaration(statement)) collectNamed(statement.members, names.keys.get(name), into);
    }
  }
}

function note(node: ts.Node, fate: Fate | undefined, into: Declarations): void {
  if (fate !== undefined) into.fates.set(node, fate);
}

/** `export const Level = { LOW: 1 } as const`. */
function collectObject(value: ts.Expression | undefined, names: FileFates, name: string, into: Declarations): void {
  const object = value !== undefined && ts.isAsExpression(value) ? value.expression : value;
  if (object !== undefined && ts.isObjectLiteralExpression(object))
    collectNamed(object.properties, names.keys.get(name), into);
}

/** `export type Note = Message<"…"> & {…}`, `export type NotesMethods = {…}`. */
function collectAlias(type: ts.TypeNode, names: FileFates, name: string, into: Declarations): void {
  const parts = ts.isIntersectionTypeNode(type) ? type.types : [type];
  for (const part of parts) {
    if (!ts.isTypeLiteralNode(part)) continue;
    collectProperties(part.members, names, name, into);
    collectNamed(part.members, names.methods.get(name), into);
  }
}

/** Methods in the description that protobuf-es makes of a service. */
function collectTyped(type: ts.TypeNode, fates: ReadonlyMap<string, Fate> | undefined, into: Declarations): void {
  if (!ts.isTypeReferenceNode(type)) return;
  for (const argument of type.typeArguments ?? []) {
    if (ts.isTypeLiteralNode(argument)) collectNamed(argument.members, fates, into);
  }
}

function collectProperties(
  members: readonly ts.TypeElement[],
  names: FileFates,
  name: string,
  into: Declarations,
): void {
  const own = names.members.get(name);
  if (own === undefined) return;
  collectNamed(members, own.properties, into);
  for (const member of members) {
    const cases = own.cases.get(nameOf(member.name));
    if (cases === undefined || !ts.isPropertySignature(member) || member.type === undefined) continue;
    const union = ts.isUnionTypeNode(member.type) ? member.type.types : [member.type];
    for (const part of union) {
      if (ts.isTypeLiteralNode(part)) collectCase(part, cases, into);
    }
  }
}

/** `{ case: "text"; value: string }`: both are told by the text. */
function collectCase(part: ts.TypeLiteralNode, cases: ReadonlyMap<string, Fate>, into: Declarations): void {
  const named = (name: string): ts.PropertySignature | undefined =>
    part.members.find((member) => ts.isPropertySignature(member) && nameOf(member.name) === name) as
      ts.PropertySignature | undefined;
  const kind = named("case");
  const type = kind?.type;
  if (kind === undefined || type === undefined || !ts.isLiteralTypeNode(type) || !ts.isStringLiteral(type.literal))
    return;
  const fate = cases.get(type.literal.text);
  if (fate === undefined) return;
  into.cases.set(kind, { text: type.literal.text, fate });
  const value = named("value");
  // The property itself stays; only a changed type is seen at it.
  if (value !== undefined && fate.conversion !== undefined) into.fates.set(value, { ...fate, name: "value" });
}

function collectNamed(
  members: readonly (ts.TypeElement | ts.ClassElement | ts.ObjectLiteralElementLike | ts.EnumMember)[],
  fates: ReadonlyMap<string, Fate> | undefined,
  into: Declarations,
): void {
  if (fates === undefined) return;
  for (const member of members) note(member, fates.get(nameOf(member.name)), into);
}

function nameOf(name: ts.PropertyName | undefined): string {
  return name !== undefined && (ts.isIdentifier(name) || ts.isStringLiteral(name)) ? name.text : "";
}
