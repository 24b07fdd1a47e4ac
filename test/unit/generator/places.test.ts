// The matcher that docs/commands.md gives to GitHub, and the one that Visual Studio Code has, find every place that is told.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { formatMistake, formatNote } from "../../../generator/errors.js";
import { printNote } from "../../../generator/commands/print.js";
import { root } from "../../corpus/root.js";

const document = readFileSync(join(root, "docs/commands.md"), "utf8");

interface Pattern {
  readonly regexp: string;
  readonly file: number;
  readonly line: number;
  readonly column: number;
  readonly severity: number;
  readonly message: number;
}

function documented(): Pattern {
  const text = /^```json file=\.github\/crucible\.json\n([^]*?)^```$/m.exec(document)![1]!;
  const { problemMatcher } = JSON.parse(text) as { problemMatcher: [{ pattern: [Pattern] }] };
  return problemMatcher[0].pattern[0];
}

const pattern = documented();

/** What the matcher makes of a line. */
function match(line: string): object | undefined {
  const found = new RegExp(pattern.regexp).exec(line);
  if (found === null) return undefined;
  const { file, column, severity, message } = pattern;
  const place = { file: found[file], line: Number(found[pattern.line]), column: Number(found[column]) };
  return { ...place, severity: found[severity], message: found[message] };
}

/** That of Visual Studio Code, as it comes with it. */
const dollarGo = /^([^:]*: )?((.:)?[^:]*):(\d+)(:(\d+))?: (.*)$/;

const location = { path: "proto/a b/x.proto", line: 12, column: 5 };
const place = { file: location.path, line: 12, column: 5 };

test("mistakes, notes and notes of a report", () => {
  const message = "method A: is wrong; mend it";
  expect(match(formatMistake({ location, message }))).toEqual({ ...place, severity: undefined, message });
  expect(match(formatNote({ location, message }))).toEqual({ ...place, severity: "note", message });
  const noted = printNote(formatMistake({ location, message }));
  expect(match(noted)).toEqual({ ...place, severity: "note", message });
  expect(match(printNote("src/a.ts lacks b: write it there"))).toBe(undefined);
  expect(dollarGo.exec(noted)?.slice(2, 7)).toEqual([location.path, undefined, "12", ":5", "5"]);
});

test("each mistake in a schema of the golden cases", () => {
  const cases = join(root, "golden/cases");
  const told = readdirSync(cases, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith("stderr.txt"))
    .flatMap((path) => readFileSync(join(cases, path), "utf8").trimEnd().split("\n"))
    // Of an option there is no place.
    .filter((line) => !/^(?:unknown )?option /.test(line));
  expect(told.length).toBeGreaterThan(50);
  for (const line of told) {
    expect([line, match(line)]).toEqual([line, expect.objectContaining({ file: "bad.proto", severity: undefined })]);
    expect([line, dollarGo.exec(line)?.[2]]).toEqual([line, "bad.proto"]);
  }
});

test("each change that diff tells in docs/commands.md", () => {
  const changes = document.split("\n").filter((line) => /: (?:major|minor|patch): /.test(line));
  expect(changes.length).toBeGreaterThan(1);
  for (const line of changes) expect(match(line)).toMatchObject({ file: "proto/greeter/v1/greeter.proto", column: 3 });
});
