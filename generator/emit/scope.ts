// Identifiers and imports of one generated module, collected while its view is built.
import { fit, lineWidth, quote } from "./layout.js";
import { NameSet } from "./name-set.js";

interface Import {
  readonly name: string;
  readonly local: string;
  readonly typeOnly: boolean;
}

/** The identifiers of one module. Whoever asks for a name gets one that nobody else in the module has. */
export class ModuleScope {
  readonly #taken: NameSet;
  readonly #imports = new Map<string, Map<string, Import>>();

  /** @param taken what the module exports, and the globals it relies on: imports are renamed around them. */
  constructor(...taken: readonly ReadonlySet<string>[]) {
    this.#taken = new NameSet(...taken);
  }

  /**
   * An identifier for something the module declares for itself: `preferred` or, where that is taken, with `$hint` behind
   * it, then with `$1`, `$2` …
   */
  declare(preferred: string, hint = ""): string {
    let name = preferred;
    if (hint !== "" && this.#taken.has(name)) name = `${preferred}$${hint}`;
    for (let i = 1; this.#taken.has(name); i++) name = `${preferred}$${i}`;
    this.#taken.add(name);
    return name;
  }

  /**
   * Imports `name` from `specifier`; the same import is made once.
   *
   * @param hint tells it from a namesake, see {@link declare}.
   * @returns the identifier to use.
   */
  import(name: string, specifier: string, typeOnly: boolean, hint = ""): string {
    return this.#add(name, specifier, typeOnly, () => this.declare(name, hint));
  }

  /** Imports a name that was reserved for this import: it keeps its name. */
  importReserved(name: string, specifier: string, typeOnly: boolean): string {
    return this.#add(name, specifier, typeOnly, () => name);
  }

  #add(name: string, specifier: string, typeOnly: boolean, choose: () => string): string {
    let ofModule = this.#imports.get(specifier);
    if (ofModule === undefined) this.#imports.set(specifier, (ofModule = new Map()));
    const existing = ofModule.get(name);
    if (existing !== undefined) {
      if (existing.typeOnly && !typeOnly) ofModule.set(name, { ...existing, typeOnly });
      return existing.local;
    }
    const local = choose();
    ofModule.set(name, { name, local, typeOnly });
    return local;
  }

  /** The import statements, packages before files, each line as prettier would print it within a width; empty without imports. */
  printImports(width: number = lineWidth): string {
    const specifiers = [...this.#imports.keys()].toSorted((a, b) => {
      const [first, second] = [a.startsWith("."), b.startsWith(".")];
      if (first !== second) return first ? 1 : -1;
      return a < b ? -1 : 1;
    });
    return specifiers.map((specifier) => this.#printImport(specifier, width)).join("");
  }

  #printImport(specifier: string, width: number): string {
    const imports = [...(this.#imports.get(specifier)?.values() ?? [])].toSorted((a, b) => (a.name < b.name ? -1 : 1));
    const typesOnly = imports.every((one) => one.typeOnly);
    const names = imports.map(({ name, local, typeOnly }) => {
      const renamed = name === local ? name : `${name} as ${local}`;
      return typeOnly && !typesOnly ? `type ${renamed}` : renamed;
    });
    const head = typesOnly ? "import type {" : "import {";
    const tail = `} from ${quote(specifier)};`;
    return `${fit(`${head} `, names, ` ${tail}`, head, tail, width)}\n`;
  }
}
