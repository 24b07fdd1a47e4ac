import { describe, expect, it } from "vitest";
import { ChangeFeed } from "../../examples/knowledge/src/plugins/change-feed.js";
import { findLinks } from "../../examples/knowledge/src/markdown/links.js";
import { Graph, type GraphNode } from "../../examples/knowledge/src/plugins/link-graph.js";
import { SearchIndex } from "../../examples/knowledge/src/plugins/search-index.js";
import { snippetOf } from "../../examples/knowledge/src/plugins/snippet.js";
import { countTasks, filterTasks } from "../../examples/knowledge/src/plugins/task-store.js";

function graph(notes: Readonly<Record<string, string>>): Graph {
  return new Graph(
    Object.entries(notes).map(([id, text]) => ({ note: { id, title: `T ${id}` }, links: findLinks(text) })),
  );
}

function names(nodes: Iterable<GraphNode>): string[] {
  return Array.from(nodes, ({ note }) => note.id);
}

describe("Graph", () => {
  it("joins notes by title, name and path", () => {
    const made = graph({
      "a.md": "[[t b/C.MD]] [[c]] [[b/c]] [[b/c.md]] [x](b/c.md) [d](./d.md)",
      "b/c.md": "[a](../a.md) [root](/d.md) [[nowhere]] [x](x.md)",
      "d.md": "[self](d.md) [out](../../a.md)",
      "e.md": "",
    });
    expect(names(made.get("a.md")!.links)).toEqual(["b/c.md", "d.md"]);
    expect(names(made.get("b/c.md")!.links)).toEqual(["a.md", "d.md"]);
    expect([...made.get("b/c.md")!.dangling]).toEqual(["nowhere", "x.md"]);
    expect(names(made.get("d.md")!.backlinks)).toEqual(["a.md", "b/c.md"]);
    expect([...made.get("d.md")!.dangling]).toEqual(["../../a.md"]);
    expect(names(made.orphans())).toEqual(["e.md"]);
    expect(names(made.mostLinked())).toEqual(["d.md", "a.md", "b/c.md"]);
  });

  it("knows an accent in either encoding, and names that objects have", () => {
    const made = graph({ "e\u0301.md": "[[__proto__]] [[constructor]]", "__proto__.md": "[[\u00e9]]" });
    expect(names(made.get("__proto__.md")!.links)).toEqual(["e\u0301.md"]);
    expect([...made.get("e\u0301.md")!.dangling]).toEqual(["constructor"]);
  });

  it("gives a name that two notes have to the first", () => {
    const made = graph({ "a/x.md": "", "b/x.md": "", "c.md": "[[x]]" });
    expect(names(made.get("c.md")!.links)).toEqual(["a/x.md"]);
  });
});

describe("SearchIndex", () => {
  const index = new SearchIndex();
  for (const [id, title, text] of [
    ["a", "Kiln", "It is hot."],
    ["b", "Glaze", "Fired in the kiln, twice in the kiln."],
    ["c", "Clay", "Wedged by hand."],
  ] as const) {
    index.put({ id, title, text });
  }
  const find = (text: string): string[] => index.find(text).map(({ id }) => id);

  it("ranks titles over text", () => expect(find("kiln")).toEqual(["a", "b"]));
  it("wants every word", () => expect(find("kiln glaze")).toEqual(["b"]));
  it("takes beginnings of words, and mistakes in longer ones", () => {
    expect(find("wed")).toEqual(["c"]);
    expect(find("wedgd")).toEqual(["c"]);
    expect(find("hod")).toEqual([]);
  });
  it("finds nothing in nothing", () => expect(find(" .,! ")).toEqual([]));

  it("replaces a note", () => {
    const own = new SearchIndex();
    expect(own.put({ id: "a", title: "One", text: "first" })).toBe(true);
    expect(own.put({ id: "a", title: "One", text: "second" })).toBe(false);
    expect(own.notes).toBe(1);
    expect(own.find("first")).toEqual([]);
    expect(own.find("second")).toMatchObject([{ id: "a", title: "One", terms: ["second"] }]);
  });
});

describe("snippetOf", () => {
  const text = "# Heading with glaze\n\nA first line.\n\nThe **glaze** on the kiln shelf. [x]\n\n[glaze]: kiln.md\n";

  it("quotes the line with most of the words, and no heading", () => {
    expect(snippetOf(text, ["glaze", "kiln"], 100)).toBe("The glaze on the kiln shelf.");
    expect(snippetOf(text, ["first"], 100)).toBe("A first line.");
    expect(snippetOf(text, ["none"], 100)).toBe("");
  });

  it("shows the match, within the length", () => {
    const long = `${"before ".repeat(50)}needle ${"after ".repeat(50)}`;
    for (let length = 1; length < 120; length++) {
      const snippet = snippetOf(long, ["needle"], length);
      expect(snippet.length).toBeLessThanOrEqual(length);
      if (length > 20) expect(snippet).toContain("needle");
    }
    expect(snippetOf(long, ["needle"], 40)).toMatch(/^…before needle after( after)*…$/);
  });

  it("cuts no character in two", () => {
    for (let length = 3; length < 40; length++) {
      expect(snippetOf(`${"🏺".repeat(30)}x${"🏺".repeat(30)}`, ["x"], length)).not.toMatch(/\p{Cs}/u);
    }
  });
});

describe("task store", () => {
  const tasks = [
    { note: { id: "a", title: "A" }, line: 1, done: false, text: "Order Cones" },
    { note: { id: "__proto__", title: "P" }, line: 2, done: true, text: "sweep" },
    { note: { id: "a", title: "A" }, line: 3, done: true, text: "order clay" },
  ];
  const lines = (filter: Partial<Parameters<typeof filterTasks>[1]>): number[] =>
    filterTasks(tasks, { done: undefined, text: "", noteId: "", ...filter }).map(({ line }) => line);

  it("filters", () => {
    expect(lines({})).toEqual([1, 2, 3]);
    expect(lines({ done: true })).toEqual([2, 3]);
    expect(lines({ text: "ORDER" })).toEqual([1, 3]);
    expect(lines({ noteId: "a", done: false, text: "cone" })).toEqual([1]);
  });

  it("counts", () => {
    const { total, byNote } = countTasks(tasks);
    expect(total).toEqual({ open: 1, done: 2 });
    expect(Object.entries(byNote)).toEqual([
      ["a", { open: 1, done: 1 }],
      ["__proto__", { open: 0, done: 1 }],
    ]);
  });
});

describe("ChangeFeed", () => {
  it("hands changes to every reader, from its first read on", async () => {
    const feed = new ChangeFeed<number>();
    feed.publish(0);
    const end = new AbortController();
    const readers = [feed.read(end.signal), feed.read(end.signal)];
    const first = readers.map((reader) => reader.next());
    feed.publish(1);
    feed.publish(2);
    expect((await Promise.all(first)).map(({ value }) => value?.change)).toEqual([1, 1]);
    expect((await readers[0]!.next()).value).toEqual({ change: 2, missed: 0 });
    const last = readers[0]!.next();
    end.abort();
    expect(await last).toEqual({ done: true, value: undefined });
  });

  it("lets a slow reader miss the oldest, and tells how many", async () => {
    const feed = new ChangeFeed<number>();
    const reader = feed.read(new AbortController().signal);
    const first = reader.next();
    for (let change = 0; change < 2000; change++) feed.publish(change);
    const seen = [(await first).value!];
    for (let at = 1; at < 1024; at++) seen.push((await reader.next()).value!);
    expect(seen[0]).toEqual({ change: 976, missed: 976 });
    expect(seen.at(-1)).toEqual({ change: 1999, missed: 0 });
    expect(seen.reduce((sum, { missed }) => sum + missed + 1, 0)).toBe(2000);
  });
});
