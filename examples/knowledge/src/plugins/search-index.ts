import MiniSearch from "minisearch";

/** What is indexed of a note. */
export interface Indexed {
  readonly id: string;
  readonly title: string;
  readonly text: string;
}

/** A note that matches. */
export interface IndexHit {
  readonly id: string;
  readonly title: string;
  readonly score: number;
  /** Words of the note that match, in lower case. */
  readonly terms: string[];
}

/** The index: words by note. Texts are not kept. */
export class SearchIndex {
  readonly #index = new MiniSearch<Indexed>({
    fields: ["title", "text"],
    storeFields: ["title"],
    searchOptions: {
      boost: { title: 3 },
      combineWith: "AND",
      prefix: (term) => term.length > 2,
      fuzzy: (term) => (term.length > 4 ? 0.2 : false),
    },
  });

  /** Notes in the index. */
  get notes(): number {
    return this.#index.documentCount;
  }

  /** Different words in the index. */
  get terms(): number {
    return this.#index.termCount;
  }

  /** Takes a note in; tells whether it was new. */
  put(note: Indexed): boolean {
    const isNew = !this.#index.has(note.id);
    if (isNew) this.#index.add(note);
    else this.#index.replace(note);
    return isNew;
  }

  /** Every note that matches, best first; equal ones ordered by id. */
  find(text: string): IndexHit[] {
    return this.#index
      .search(text)
      .map(({ id, title, score, terms }) => ({ id: String(id), title: String(title), score, terms }))
      .toSorted((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1));
  }
}
