import { posix } from "node:path";
import type { FoundLink } from "../markdown/links.js";

/** A note as links name it. */
export interface NoteName {
  readonly id: string;
  readonly title: string;
}

/** A note of the graph. */
export interface GraphNode {
  readonly note: NoteName;
  /** Notes it links to, each once, in the order of its text. */
  readonly links: ReadonlySet<GraphNode>;
  /** Notes that link to it. */
  readonly backlinks: ReadonlySet<GraphNode>;
  /** Targets that lead to no note, each once, as written. */
  readonly dangling: ReadonlySet<string>;
}

interface Node extends GraphNode {
  readonly links: Set<Node>;
  readonly backlinks: Set<Node>;
  readonly dangling: Set<string>;
}

/** The graph of a vault. It takes all notes at once, since links can lead to notes that come later. */
export class Graph {
  /** Ordered by id. */
  readonly #nodes = new Map<string, Node>();

  /** @param notes every note with its links, ordered by id. */
  constructor(notes: readonly { readonly note: NoteName; readonly links: readonly FoundLink[] }[]) {
    for (const { note } of notes) {
      this.#nodes.set(note.id, { note, links: new Set(), backlinks: new Set(), dangling: new Set() });
    }
    const names = nodesByName([...this.#nodes.values()]);
    for (const { note, links } of notes) {
      const node = this.#nodes.get(note.id)!;
      for (const { kind, target } of links) {
        const other = kind === "title" ? names.get(nameKey(target)) : this.#nodes.get(resolvePath(note.id, target));
        if (other === undefined) {
          node.dangling.add(target);
        } else if (other !== node) {
          node.links.add(other);
          other.backlinks.add(node);
        }
      }
    }
  }

  get(id: string): GraphNode | undefined {
    return this.#nodes.get(id);
  }

  /** Every note, ordered by id. */
  nodes(): GraphNode[] {
    return [...this.#nodes.values()];
  }

  /** Notes without a link in either direction, ordered by id. */
  orphans(): GraphNode[] {
    return this.nodes().filter((node) => node.links.size === 0 && node.backlinks.size === 0);
  }

  /** Notes that others link to, those with most such links first; equal ones ordered by id. */
  mostLinked(): GraphNode[] {
    return this.nodes()
      .filter((node) => node.backlinks.size > 0)
      .toSorted((a, b) => b.backlinks.size - a.backlinks.size);
  }
}

/** Nodes by what `[[…]]` may call them: title, name of the file, path with and without its ending, in this order. */
function nodesByName(nodes: readonly Node[]): Map<string, Node> {
  const callings: ((note: NoteName) => string)[] = [
    ({ title }) => title,
    ({ id }) => posix.basename(id, posix.extname(id)),
    ({ id }) => id.slice(0, id.length - posix.extname(id).length),
    ({ id }) => id,
  ];
  const names = new Map<string, Node>();
  for (const calling of callings) {
    for (const node of nodes) {
      const name = nameKey(calling(node.note));
      if (!names.has(name)) names.set(name, node);
    }
  }
  return names;
}

/** Names are equal whatever their case and however their accents are encoded: file systems differ in both. */
function nameKey(name: string): string {
  return name.normalize("NFC").toLowerCase();
}

/** The id that a path names, seen from a note. One that leads out of the vault names nothing. */
function resolvePath(from: string, path: string): string {
  return path.startsWith("/") ? path.slice(1) : posix.join(posix.dirname(from), path);
}
