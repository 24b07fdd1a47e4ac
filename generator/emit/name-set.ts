/** Names that are taken: sets that many share and nobody changes, and names added to them for one user. */
export class NameSet {
  readonly #shared: readonly ReadonlySet<string>[];
  readonly #own = new Set<string>();

  /** Copies nothing: a module has hundreds of reserved names, and most modules ask for a few. */
  constructor(...shared: readonly ReadonlySet<string>[]) {
    this.#shared = shared;
  }

  has(name: string): boolean {
    if (this.#own.has(name)) return true;
    for (const names of this.#shared) {
      if (names.has(name)) return true;
    }
    return false;
  }

  add(name: string): void {
    this.#own.add(name);
  }
}
