import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { format } from "prettier";
import { describe, expect, test } from "vitest";
import { formatNote } from "../../generator/errors.js";
import { generate } from "../../generator/generate.js";
import { allCases as cases, compile, walk } from "./case.js";

// `UPDATE_GOLDEN=1 npx vitest run test/golden` writes what comes out; review it with git diff.
const update = process.env["UPDATE_GOLDEN"] === "1";

test("there are cases", () => {
  expect(cases.length).toBeGreaterThan(10);
});

describe.each(cases)("$name", (golden) => {
  const { folder, start, parser } = golden.layout;
  const expectDir = join(golden.dir, "expect", folder);
  const errorFile = join(golden.dir, "stderr.txt");
  const notesFile = join(golden.dir, "notes.txt");

  test("generates what is expected", async () => {
    let notes = "";
    const response = generate(compile(golden), (note) => (notes += `${formatNote(note)}\n`));
    if (update) {
      rmSync(join(golden.dir, "expect"), { recursive: true, force: true });
      rmSync(errorFile, { force: true });
      rmSync(notesFile, { force: true });
      if (notes !== "") writeFileSync(notesFile, notes);
      if (response.error !== "") writeFileSync(errorFile, `${response.error}\n`);
      for (const file of response.file) {
        mkdirSync(dirname(join(expectDir, file.name)), { recursive: true });
        writeFileSync(join(expectDir, file.name), file.content);
      }
    }
    const error = existsSync(errorFile) ? readFileSync(errorFile, "utf8") : "";
    expect(response.error === "" ? "" : `${response.error}\n`).toBe(error);
    expect(notes).toBe(existsSync(notesFile) ? readFileSync(notesFile, "utf8") : "");
    const got = Object.fromEntries(response.file.map((file) => [file.name, file.content]));
    const want = Object.fromEntries(walk(expectDir).map((path) => [path, readFileSync(join(expectDir, path), "utf8")]));
    expect(got).toEqual(want);
    expect(Object.keys(got).length > 0 || error !== "").toBe(true);
  });

  test.skipIf(existsSync(errorFile))("says first what it is, and is left alone by prettier", async () => {
    for (const file of generate(compile(golden)).file) {
      expect(file.content.startsWith(start), file.name).toBe(true);
      if (parser === undefined) continue;
      expect(file.content, file.name).toBe(await format(file.content, { parser, printWidth: 120 }));
    }
  });
});
