import { describe, expect, test } from "vitest";
import { parseDuration, parseMetadata } from "../../../../generator/call/arguments.js";
import { idOf } from "../../../../generator/call/plugin.js";
import { splitWords } from "../../../../generator/call/words.js";

describe("words of a command", () => {
  test.each([
    ["node dist/search.js", ["node", "dist/search.js"]],
    ["  a\tb  ", ["a", "b"]],
    [`'my plugin' "a \\"b\\" $x \\n"`, ["my plugin", 'a "b" $x \\n']],
    [`a'b'"c"\\ d`, ["abc d"]],
    [`a '' ""`, ["a", "", ""]],
    ["a;b|c&&d $(e) *", ["a;b|c&&d", "$(e)", "*"]],
  ])("%s", (line, words) => {
    expect(splitWords(line)).toEqual(words);
  });

  test.each(["", "  ", "''", "a 'b", 'a "b', 'a "b\\"'])("refuses %j", (line) => {
    expect(() => splitWords(line)).toThrow(/^--command [^\n]*$/);
  });
});

describe("durations", () => {
  test.each([
    ["1ms", 1],
    ["250ms", 250],
    ["1.5s", 1_500],
    ["2m", 120_000],
    ["24h", 86_400_000],
  ])("%s", (text, ms) => {
    expect(parseDuration(text, "--timeout")).toBe(ms);
  });

  test.each(["", "5", "0s", "0.1ms", "-1s", "25h", "1e3s", "s", "1 s", "99999999999999999999s"])(
    "refuses %j",
    (text) => {
      expect(() => parseDuration(text, "--timeout")).toThrow(/^--timeout cannot be /);
    },
  );
});

test("metadata: keys come more than once, values have equals signs, no name is special", () => {
  expect(parseMetadata(["a=1", "b=", "a=2=3"])).toEqual({ a: ["1", "2=3"], b: [""] });
  expect(Object.keys(parseMetadata(["__proto__=x"]))).toEqual(["__proto__"]);
  expect(() => parseMetadata(["=x"])).toThrow(/is no pair/);
});

test.each([
  ["node dist/src/greeter.js", "greeter"],
  ["node --import tsx src/Guest_Book.ts --port 1", "guest-book"],
  ["./plugin --verbose", "plugin"],
  ["/usr/bin/python3 -m notes", "python3"],
  ["node -e 1", "node"],
  [`node ${"a".repeat(23)}-b.mjs`, "a".repeat(23)],
  ["./--é--", "plugin"],
])("the id of %s", (command, id) => {
  expect(idOf(splitWords(command))).toBe(id);
});
