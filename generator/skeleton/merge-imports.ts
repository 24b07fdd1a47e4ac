// The imports of a file of the user: what is there is used, what is missing is added, what became unused is given away.
import { type ImportDeclaration, type ImportSpecifier, type SourceFile, SyntaxKind, ts } from "ts-morph";
import { reservedIdentifiers } from "../targets/typescript/reserved.js";
import type { Edit } from "./edits.js";
import type { ImportNames } from "./view.js";

/** Where a name of the file comes from. */
export interface Origin {
  readonly name: string;
  readonly specifier: string;
}

interface Addition extends Origin {
  readonly local: string;
  readonly typeOnly: boolean;
}

/** A module without its ending and its kind: `../gen/notes` for `../gen/notes_plugin.js`. */
export function moduleBase(specifier: string): string {
  const path = specifier.replace(/\.[cm]?[jt]sx?$/, "").replace(/_(?:plugin|codec|pb|daemon)$/, "");
  return path.startsWith("crucible-runtime") ? "crucible-runtime" : path.replace(/^\.\/(?=\.\.?\/)/, "");
}

/** Whether a module is generated, or one of protobuf's own. */
export function isGenerated(specifier: string): boolean {
  return /_(?:plugin|codec|pb|daemon)(?:\.[cm]?[jt]s)?$/.test(specifier) || specifier === "@bufbuild/protobuf/wkt";
}

/** The imports of one file. */
export class ImportBook implements ImportNames {
  readonly #file: SourceFile;
  readonly #taken: Set<string>;
  readonly #additions: Addition[] = [];
  /** How often a name was taken out of the file. */
  readonly #dropped = new Map<string, number>();
  /** Names of the file that what is new makes use of. */
  readonly #kept = new Set<string>();

  constructor(file: SourceFile) {
    this.#file = file;
    this.#taken = new Set([
      ...reservedIdentifiers,
      ...file.getDescendantsOfKind(SyntaxKind.Identifier).map((node) => node.getText()),
    ]);
  }

  import(name: string, specifier: string, typeOnly: boolean): string {
    const existing = this.#specifiers().find(
      ({ named, declaration }) =>
        named.getName() === name &&
        moduleBase(declaration.getModuleSpecifierValue()) === moduleBase(specifier) &&
        (typeOnly || !(named.isTypeOnly() || declaration.isTypeOnly())),
    );
    if (existing !== undefined) {
      this.#kept.add(localOf(existing.named));
      return localOf(existing.named);
    }
    const added = this.#additions.find((one) => one.name === name && one.specifier === specifier);
    if (added !== undefined) return added.local;
    let local = name;
    for (let i = 1; this.#taken.has(local); i++) local = `${name}$${i}`;
    this.#taken.add(local);
    this.#additions.push({ name, specifier, local, typeOnly });
    return local;
  }

  /** Where a name comes from; undefined for one that is not imported by name. */
  originOf(local: string): Origin | undefined {
    const found = this.#specifiers().find(({ named }) => localOf(named) === local);
    return found && { name: found.named.getName(), specifier: found.declaration.getModuleSpecifierValue() };
  }

  /** Notes that a name of the file is about to be taken out at one place. */
  drop(local: string): void {
    this.#dropped.set(local, (this.#dropped.get(local) ?? 0) + 1);
  }

  /** The changes of the import statements. */
  edits(): Edit[] {
    const edits: Edit[] = [];
    const left = [...this.#additions];
    for (const declaration of this.#file.getImportDeclarations()) {
      // A new name from the same module takes the place of one that nobody uses any more.
      const gone = new Set(declaration.getNamedImports().filter((named) => this.#isUnused(named)));
      for (const named of gone) {
        const heir = left.findIndex((one) => fits(one, declaration));
        const [addition] = heir < 0 ? [] : left.splice(heir, 1);
        if (addition === undefined) continue;
        gone.delete(named);
        edits.push({ start: named.getStart(), end: named.getEnd(), text: print(addition, declaration.isTypeOnly()) });
      }
      edits.push(...removals(declaration, gone));
    }
    for (const specifier of new Set(left.map((one) => one.specifier))) {
      edits.push(...this.#add(left.filter((one) => one.specifier === specifier)));
    }
    return edits;
  }

  /** Puts names of one module into a statement that imports from it, or into a new one. */
  #add(additions: readonly Addition[]): Edit[] {
    const hosts = this.#file.getImportDeclarations().filter((one) => one.getNamedImports().length > 0);
    const host = hosts.find((one) => additions.every((addition) => fits(addition, one)));
    const last = host?.getNamedImports().at(-1);
    if (host !== undefined && last !== undefined && !this.#isUnused(last)) {
      const own = host.getNamedImports();
      const broken = own[0]?.getStartLineNumber() !== host.getStartLineNumber();
      const between = broken ? `,\n${indentOf(last)}` : ", ";
      const text = additions.map((one) => between + print(one, host.isTypeOnly())).join("");
      return [{ start: last.getEnd(), end: last.getEnd(), text }];
    }
    return [this.#statement(additions)];
  }

  #statement(additions: readonly Addition[]): Edit {
    const typeOnly = additions.every((one) => one.typeOnly);
    const names = additions.map((one) => print(one, typeOnly)).join(", ");
    const last = this.#file.getImportDeclarations().at(-1);
    const quote = last?.getModuleSpecifier().getText().charAt(0) ?? '"';
    const end = last === undefined || last.getText().endsWith(";") ? ";" : "";
    const line = `import ${typeOnly ? "type " : ""}{ ${names} } from ${quote}${additions[0]?.specifier ?? ""}${quote}${end}`;
    if (last === undefined) {
      const start = this.#file.getStatements()[0]?.getStart() ?? 0;
      return { start, end: start, text: `${line}\n` };
    }
    // A statement that is about to go takes all of its place along.
    if (this.#isRemoved(last)) return { start: last.getStart(), end: last.getStart(), text: `${line}\n` };
    const at = endWithComments(this.#file.getFullText(), last.getEnd());
    return { start: at, end: at, text: `\n${line}` };
  }

  /** Whether a statement imports nothing that is used any more, see {@link removals}. */
  #isRemoved(declaration: ImportDeclaration): boolean {
    const all = declaration.getNamedImports();
    return (
      all.length > 0 && declaration.getDefaultImport() === undefined && all.every((named) => this.#isUnused(named))
    );
  }

  /** Whether every use of an import goes away. */
  #isUnused(named: ImportSpecifier): boolean {
    const local = localOf(named);
    const dropped = this.#dropped.get(local) ?? 0;
    if (dropped === 0 || this.#kept.has(local)) return false;
    const uses = this.#file
      .getDescendantsOfKind(SyntaxKind.Identifier)
      .filter(
        (node) => node.getText() === local && node.getFirstAncestorByKind(SyntaxKind.ImportDeclaration) === undefined,
      );
    return uses.length === dropped;
  }

  #specifiers(): { named: ImportSpecifier; declaration: ImportDeclaration }[] {
    return this.#file
      .getImportDeclarations()
      .flatMap((declaration) => declaration.getNamedImports().map((named) => ({ named, declaration })));
  }
}

/** The end of what stands at a place, with the comments behind it on its line. */
export function endWithComments(text: string, end: number): number {
  return ts.getTrailingCommentRanges(text, end)?.at(-1)?.end ?? end;
}

function localOf(named: ImportSpecifier): string {
  return named.getAliasNode()?.getText() ?? named.getName();
}

/** Whether a statement can take a name: it imports from the same module, and values if a value is wanted. */
function fits({ specifier, typeOnly }: Addition, declaration: ImportDeclaration): boolean {
  return declaration.getModuleSpecifierValue() === specifier && (typeOnly || !declaration.isTypeOnly());
}

function print({ name, local, typeOnly }: Addition, statementTypeOnly: boolean): string {
  const renamed = name === local ? name : `${name} as ${local}`;
  return typeOnly && !statementTypeOnly ? `type ${renamed}` : renamed;
}

/** Takes names out of a statement, and the statement with them when it imported nothing else. */
function removals(declaration: ImportDeclaration, gone: ReadonlySet<ImportSpecifier>): Edit[] {
  const all = declaration.getNamedImports();
  if (gone.size === 0) return [];
  if (gone.size === all.length && declaration.getDefaultImport() === undefined) {
    const text = declaration.getSourceFile().getFullText();
    const behind = /^[ \t]*\r?\n/.exec(text.slice(declaration.getEnd()))?.[0].length ?? 0;
    if (/\/[/*]/.test(declaration.getText())) return [];
    return [{ start: declaration.getStart(), end: declaration.getEnd() + behind, text: "" }];
  }
  const edits: Edit[] = [];
  for (let i = 0; i < all.length; i++) {
    const first = all[i];
    if (first === undefined || !gone.has(first)) continue;
    let last = first;
    let next = all[i + 1];
    while (next !== undefined && gone.has(next)) {
      last = next;
      next = all[++i + 1];
    }
    const before = all[all.indexOf(first) - 1];
    if (before !== undefined) edits.push({ start: before.getEnd(), end: last.getEnd(), text: "" });
    else edits.push({ start: first.getStart(), end: next?.getStart() ?? last.getEnd(), text: "" });
  }
  // A comment among the names is the user's: rather a name too many than a comment too few.
  const text = declaration.getSourceFile().getFullText();
  return edits.filter(({ start, end }) => !/\/[/*]/.test(text.slice(start, end)));
}

function indentOf(named: ImportSpecifier): string {
  const text = named.getSourceFile().getFullText();
  const line = text.lastIndexOf("\n", named.getStart() - 1) + 1;
  return /^[ \t]*/.exec(text.slice(line))?.[0] ?? "";
}
