import { describe, expect, it } from "vitest";
import { proseLines } from "../../examples/knowledge/src/markdown/lines.js";
import { findLinks } from "../../examples/knowledge/src/markdown/links.js";
import { plainText } from "../../examples/knowledge/src/markdown/plain-text.js";
import { findTasks } from "../../examples/knowledge/src/markdown/tasks.js";
import { titleOf } from "../../examples/knowledge/src/markdown/title.js";

function prose(text: string): string[] {
  return Array.from(proseLines(text), ({ number, text: line }) => `${number} ${line}`);
}

function targets(text: string): string[] {
  return findLinks(text).map(({ kind, target }) => `${kind} ${target}`);
}

describe("proseLines", () => {
  it("leaves out front matter and blocks of code", () => {
    const text = "---\ntitle: x\n---\none\n```js\ntwo\n~~~\n```\nthree\n> ~~~~\n> ~~~\n> ~~~~~\nfour";
    expect(prose(text)).toEqual(["4 one", "9 three", "13 four"]);
  });

  it("knows the ends of lines of every system, and blanks code within a line", () => {
    expect(prose("\uFEFFone\r\na `b` c ` d\r\n")).toEqual(["1 one", "2 a     c ` d", "3 "]);
  });

  it("reads a block of code that never ends to the end", () => {
    expect(prose("one\n```\ntwo\nthree")).toEqual(["1 one"]);
  });
});

describe("findTasks", () => {
  it("finds boxes in lists of every kind", () => {
    const text = "- [ ] one\n* [x] two\n+ [X] three\n1. [ ] four\n12) [x] five\n  - [ ] six\n> - [ ] seven \n";
    expect(findTasks(text).map(({ line, done, text: what }) => `${line} ${done} ${what}`)).toEqual([
      "1 false one",
      "2 true two",
      "3 true three",
      "4 false four",
      "5 true five",
      "6 false six",
      "7 false seven",
    ]);
  });

  it("takes nothing else for one", () => {
    expect(findTasks("[ ] one\n- [] two\n- [ ]\n- [y] four\n-[ ] five\n- [ ]six\n```\n- [ ] seven\n```")).toEqual([]);
  });
});

describe("findLinks", () => {
  it("finds titles and paths, in order", () => {
    const text =
      "[b](b.md) [[One]] ![[Two#Part|shown]] [![i](i.png)](c.md#top)\n[x]: <d e.md> 'title'\n[f](./%C3%A9.md?raw=1 \"t\")";
    expect(targets(text)).toEqual(["path b.md", "title One", "title Two", "path c.md", "path d e.md", "path ./é.md"]);
  });

  it("leaves out the web, places within the note, pictures, and code", () => {
    const text =
      "[a](https://x.org/a.md) [b](//x.org/b.md) [c](#c.md) [d](d.png) <e.md> `[[f]]` [[]] [[ ]] [g](mailto:g@h.md) [[#here]]";
    expect(targets(text)).toEqual([]);
  });

  it("takes a broken escape for what it is", () => {
    expect(targets("[a](100%.md)")).toEqual(["path 100%.md"]);
  });
});

describe("titleOf", () => {
  it.each([
    ["---\ntitle: 'Front: matter'\n---\n# Heading", "Front: matter"],
    ["---\ntags: []\n---\ntext\n## A *bold* [link](x.md) ##\n# Later", "A bold link"],
    ["Set in\nlines\n===\n", "lines"],
    ["[![badge][b]][u] Name\n---", "Name"],
    ["```\n# no heading\n```\n#none\n", "some note"],
    ["# \u001b[31mred\u0007", "[31mred"],
    ["#   \n# # \n", "some note"],
    ["", "some note"],
  ])("%j", (text, title) => {
    expect(titleOf("folder/some note.md", text)).toBe(title);
  });

  it("cuts what is too long, never through a character", () => {
    const title = titleOf("a.md", `# ${"🏺".repeat(300)}`);
    expect(title).toBe(`${"🏺".repeat(100)}…`);
    expect(titleOf("a.md", `# a${"🏺".repeat(300)}`)).toBe(`a${"🏺".repeat(99)}…`);
  });

  it("is never empty", () => {
    expect(titleOf("\u0001.md", "")).toBe("Untitled");
  });
});

describe("plainText", () => {
  it("is what people read", () => {
    expect(plainText("> ![p](p.png)**Bold** <b>tag</b> [[Note|shown]] [[Other]] [x] `c`  [t][r]")).toBe(
      "Bold tag shown Other c t",
    );
    expect(plainText("snake_case and 2 * 3")).toBe("snake_case and 2 3");
  });
});

// A pattern that takes the square of these would take hours.
describe.each(
  [
    "[",
    "[[",
    "](",
    "](<",
    "![",
    "<",
    "`",
    "#",
    "# ",
    "> ",
    "- [ ] ",
    "[a](",
    "[[a|",
    "[[a#",
    "*",
    "=",
    "-",
    "\n",
    " ",
    "[a]:",
  ].flatMap((part) => [part, `# ${part}`]),
)("a note of nothing but %j", { timeout: 20_000 }, (part) => {
  it("is read in reasonable time", () => {
    const text = `${part.repeat(300_000 / part.length)}x`;
    findLinks(text);
    findTasks(text);
    titleOf("a.md", text);
    expect(plainText(text).length).toBeLessThanOrEqual(text.length);
  });
});
