import { TransformStream } from "node:stream/web";
import { TaskState } from "../../gen/knowledge/v1/tasks_daemon.js";
import type { LinkGraph } from "../../gen/knowledge/v1/links_daemon.js";
import type { WalkRequestInit } from "../../gen/knowledge/v1/links_codec.js";
import type { NoteRef } from "../../gen/knowledge/v1/note_pb.js";
import type { SearchProvider } from "../../gen/knowledge/v1/search_daemon.js";
import type { Services } from "./index-vault.js";

/** A note as findings name it. */
export interface Named {
  readonly id: string;
  readonly title: string;
}

/** What the plugins know about a vault. */
export interface Survey {
  readonly tasks: {
    readonly open: number;
    readonly done: number;
    /** Notes with tasks. */
    readonly notes: number;
    /** The first that are open. */
    readonly next: readonly { readonly note: Named; readonly line: number; readonly text: string }[];
  };
  readonly mostLinked: readonly (Named & { readonly backlinks: number })[];
  readonly orphans: readonly Named[];
  /** The notes of a walk along links, from the one with most links to it. */
  readonly walk: readonly Named[];
  readonly queries: readonly Answer[];
}

/** A query with its best hits. */
export interface Answer {
  readonly text: string;
  readonly total: number;
  readonly hits: readonly (Named & { readonly score: number; readonly snippet: string })[];
}

const shownTasks = 5;
const shownNotes = 5;
const walkSteps = 6;
const defaultQueries = 3;
const maxQueryLength = 100;

/**
 * Asks the plugins what they know.
 *
 * @param queries what to look for; when empty, the titles of the notes with most links to them, then other titles.
 * @param titles of all notes.
 */
export async function survey(
  { search, tasks, links }: Services,
  queries: readonly string[],
  titles: readonly string[],
): Promise<Survey> {
  const [counts, next, most, orphans] = await Promise.all([
    tasks.countTasks({}),
    tasks.listTasks({ state: TaskState.OPEN, limit: shownTasks }),
    links.mostLinked({ limit: shownNotes }),
    collect(links.orphans({})),
  ]);
  const mostLinked = most.notes.map(({ note, backlinks }) => ({ ...named(note), backlinks }));
  const start = mostLinked[0]?.id;
  const texts = queries.length > 0 ? queries : chooseQueries([...mostLinked.map(({ title }) => title), ...titles]);
  return {
    tasks: {
      open: counts.total?.open ?? 0,
      done: counts.total?.done ?? 0,
      notes: Object.keys(counts.byNote).length,
      next: next.tasks.map(({ note, line, text }) => ({ note: named(note), line, text })),
    },
    mostLinked,
    orphans: orphans.map(named),
    walk: start === undefined ? [] : await walkFrom(start, links),
    queries: await Promise.all(texts.map((text) => ask(search, text))),
  };
}

/** The first few different titles, in a length that a query may have. */
function chooseQueries(titles: readonly string[]): string[] {
  const chosen = new Map<string, string>();
  for (const title of titles) {
    const key = title.toLowerCase();
    if (!chosen.has(key)) chosen.set(key, title.slice(0, maxQueryLength).toWellFormed());
    if (chosen.size === defaultQueries) break;
  }
  return [...chosen.values()];
}

async function ask(search: SearchProvider, text: string): Promise<Answer> {
  const { hits, total } = await search.query({ text, limit: 3, snippetLength: 120 });
  return { text, total, hits: hits.map(({ note, score, snippet }) => ({ ...named(note), score, snippet })) };
}

/** Follows the first link that leads to a note not visited yet, and so on. Each step depends on what the last has found. */
async function walkFrom(start: string, links: LinkGraph): Promise<Named[]> {
  const visited = new Map<string, Named>();
  const { readable, writable } = new TransformStream<WalkRequestInit, WalkRequestInit>();
  const steps = writable.getWriter();
  void steps.write({ id: start });
  for await (const { outcome } of links.walk(readable)) {
    if (outcome.case !== "place") break;
    const { note, ways } = outcome.value;
    visited.set(note?.id ?? start, named(note));
    const next = ways.find(({ id }) => !visited.has(id));
    if (next === undefined || visited.size > walkSteps) break;
    void steps.write({ id: next.id });
  }
  return [...visited.values()];
}

/** The schema requires a note wherever this is used, and messages that break its rules never arrive. */
function named(note: NoteRef | undefined): Named {
  return { id: note?.id ?? "", title: note?.title ?? "" };
}

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = [];
  for await (const item of items) list.push(item);
  return list;
}
