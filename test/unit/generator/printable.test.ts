import { expect, test } from "vitest";
import { GeneratorError } from "../../../generator/errors.js";
import { jsonLine, printable } from "../../../generator/printable.js";

const evil = "a\u001b[2J\u009b2J\r\n\u2028\u0000\u007f\u202egnp\tz";
const obeyed = /[^\t\P{Cc}]|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

test("what a schema, a plugin or a library says is a line that no terminal obeys", () => {
  expect(printable(evil)).toBe("a·[2J·2J······gnp\tz");
  expect(printable("zwölf – 日本語 🎉")).toBe("zwölf – 日本語 🎉");
});

test("JSON has the same text in it, escaped", () => {
  const line = jsonLine({ [evil]: [evil] });
  expect(line).not.toMatch(obeyed);
  expect(JSON.parse(line)).toEqual({ [evil]: [evil] });
});

test("a mistake tells names of a schema as such a line", () => {
  const error = new GeneratorError([{ location: { path: evil, line: 1, column: 2 }, message: evil }]);
  expect(error.message).not.toMatch(obeyed);
  expect(error.mistakes[0]!.message).not.toMatch(obeyed);
  expect(error.message).toContain(":1:2: ");
});
