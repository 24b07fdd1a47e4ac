import { describe, expect, test } from "vitest";
import { findImplementation } from "../../../../generator/skeleton/implementation.js";

const members = (text: string): string[] | undefined => {
  const found = findImplementation(text, "SearchPlugin");
  return found?.members && [...found.members];
};

describe("finds the class", () => {
  test.each([
    ["class Search extends SearchPlugin {}", "Search"],
    ["export default class extends SearchPlugin {}", undefined],
    ["const x = class extends SearchPlugin {};", undefined],
    ["export class A$ extends gen.SearchPlugin implements Closeable, Other<{}> {}", "A$"],
    ["class Box<T> extends SearchPlugin {}", "Box"],
    ["class Other {}\nclass Search\n  extends SearchPlugin\n{\n}", "Search"],
  ])("%s", (text, className) => {
    expect(findImplementation(text, "SearchPlugin")).toEqual({ className, members: new Set() });
  });

  test.each([
    "",
    'import { SearchPlugin } from "./x.js";',
    "class Search extends SearchPluginBase {}",
    "class Search extends MySearchPlugin {}",
    "// class Search extends SearchPlugin {}",
    "/* class Search extends SearchPlugin {} */",
    'const text = "class Search extends SearchPlugin {}";',
    "class A {} const b = SearchPlugin;",
  ])("none in: %s", (text) => {
    expect(findImplementation(text, "SearchPlugin")).toBeUndefined();
  });

  test("a name with $ is taken as it is", () => {
    expect(findImplementation("class A extends Search$Plugin {}", "Search$Plugin")?.className).toBe("A");
    expect(findImplementation("class A extends Search$Plugins {}", "Search$Plugin")).toBeUndefined();
  });
});

describe("finds its members", () => {
  test("of every kind, and nothing that lies deeper or outside", () => {
    const text = `
      class Search extends SearchPlugin {
        readonly limit = 5;
        private cache?: Map<string, { inner: number }>;
        #secret = new Map();
        static of(): Search { return new Search(); }
        constructor(private readonly store: Store) { super(); if (x) { notAMember(); } }
        override async query(request: QueryRequest, { deep = f(1) } = {}): Promise<{ hidden: string }> {
          const nested = { alsoHidden() {}, name: 1 };
          return super.put(nested);
        }
        async *watch(_request: WatchRequest) { yield* this.all(); }
        get size() { return 1; }
        arrow = async (a: string) => { inner(a); };
        list<T>(values: T[]): void {}
      }
      function outside() {}`;
    const found = members(text) ?? [];
    for (const name of ["limit", "cache", "#secret", "of", "query", "watch", "size", "arrow", "list"]) {
      expect(found).toContain(name);
    }
    for (const name of ["notAMember", "hidden", "nested", "alsoHidden", "put", "all", "inner", "outside", "deep"]) {
      expect(found).not.toContain(name);
    }
  });

  test("brackets and names in comments, texts and templates do not count", () => {
    const text =
      'class A extends SearchPlugin { // }\n a() { return \'}\' + `}${1}` + "\\"}"; } /* b() {} } */ c() {} }';
    expect(members(text)).toEqual(["a", "c"]);
  });

  test("a file that ends too early says nothing", () => {
    expect(members("class A extends SearchPlugin { a() {")).toBeUndefined();
  });
});
