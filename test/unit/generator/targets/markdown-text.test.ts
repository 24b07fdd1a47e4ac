import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anchor, code, commentLines, inlineComment } from "../../../../generator/targets/markdown/text.js";

describe("code", () => {
  test.each([
    ["a_b", "`a_b`"],
    ["a`b", "``a`b``"],
    ["`", "`` ` ``"],
    ["a\n b", "`a b`"],
    ["\u001b[31m", "`\ufffd[31m`"],
  ])("%j", (text, expected) => {
    expect(code(text)).toBe(expected);
  });
});

describe("comments stay what they are and cannot break the page", () => {
  test.each([
    ["Finds *notes*.\n\n- one\n- two", ["Finds *notes*.", "", "- one", "- two"]],
    ["# Heading\n  ## other", ["\\# Heading", "  \\## other"]],
    ["Text\n---\nMore\n===", ["Text", "\\---", "More", "\\==="]],
    ["<script>a < b</script> <!-- x -->", ["\\<script>a < b\\</script> \\<!-- x -->"]],
    ["```\n# as <is>\n```\n# out", ["```", "# as <is>", "```", "\\# out"]],
    ["", []],
  ])("%j", (comment, lines) => {
    expect(commentLines(comment)).toEqual(lines);
  });

  test("outside of fences no line begins a heading and no tag begins, whatever is written", () => {
    const pieces = fc.array(fc.constantFrom("#", "##", " ", "\n", "<", "b>", "/", "!--", "=", "---", "x", "`"), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(pieces, (parts) => {
        const comment = parts.join("");
        fc.pre(!/`{3}|~{3}/.test(comment));
        for (const line of commentLines(comment)) {
          expect(line).not.toMatch(/^\s*(?:#{1,6}(?:\s|$)|=+\s*$|-+\s*$)/);
          expect(line).not.toMatch(/(?<!\\)<[A-Za-z/!?]/);
        }
      }),
    );
  });

  test("on one line", () => {
    expect(inlineComment("One\n\n two.")).toBe("One two.");
  });
});

test("anchors are those of GitHub", () => {
  expect([anchor("Book.Place"), anchor("A_b C")]).toEqual(["bookplace", "a_b-c"]);
});
