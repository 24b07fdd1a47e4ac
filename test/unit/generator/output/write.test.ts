import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { deleteFiles, type OutputFile, writeFiles } from "../../../../generator/output/write.js";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "crucible-write-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const file = (path: string, content: string): OutputFile => ({ path: join(dir, path), content: Buffer.from(content) });
const tree = (): string[] => readdirSync(dir, { recursive: true, encoding: "utf8" }).toSorted();

describe("writeFiles", () => {
  test("makes folders, and leaves alone what is the same", () => {
    const files = [file("a/b/one.ts", "1"), file("a/two.ts", "2")];
    expect(writeFiles(files, dir)).toEqual({ written: files.map(({ path }) => path), unchanged: [] });
    const before = new Date(2001, 1, 1);
    utimesSync(join(dir, "a/b/one.ts"), before, before);
    const report = writeFiles([file("a/b/one.ts", "1"), file("a/two.ts", "other")], dir);
    expect(report).toEqual({ written: [join(dir, "a/two.ts")], unchanged: [join(dir, "a/b/one.ts")] });
    expect(statSync(join(dir, "a/b/one.ts")).mtimeMs).toBe(before.getTime());
    expect(readFileSync(join(dir, "a/two.ts"), "utf8")).toBe("other");
    expect(tree()).toEqual(["a", "a/b", "a/b/one.ts", "a/two.ts"]);
  });

  test.each([
    ["a file where a folder has to be", () => writeFileSync(join(dir, "z"), ""), "z/c.ts", "a file stands where"],
    [
      "a folder where the file has to be",
      () => mkdirSync(join(dir, "z/c.ts"), { recursive: true }),
      "z/c.ts",
      "folder of that name",
    ],
    [
      "a link that leads nowhere",
      () => symlinkSync("/proc/none/x", join(dir, "z")),
      "z/c.ts",
      "z/c.ts cannot be written",
    ],
  ])("%s: nothing changes at all", (_name, obstruct, path, message) => {
    writeFileSync(join(dir, "a.ts"), "old");
    obstruct();
    const before = tree();
    const files = [file("a.ts", "new"), file("new/b.ts", "b"), file(path, "c")];
    expect(() => writeFiles(files, dir)).toThrow(message);
    expect(tree()).toEqual(before);
    expect(readFileSync(join(dir, "a.ts"), "utf8")).toBe("old");
  });

  // Making folders the way Node offers does not return here.
  test("a place where no folder can be made", () => {
    const path = process.platform === "linux" ? "/proc/nowhere/a/b.ts" : join(dir, "\0/b.ts");
    expect(() => writeFiles([{ path, content: Buffer.from("") }], dir)).toThrow(/^\S+ cannot be written \([^\n]*$/);
  });
});

test("deleteFiles takes the folders along that it empties, never the root", () => {
  writeFiles([file("a/b/one.ts", ""), file("a/c/two.ts", ""), file("a/c/three.ts", "")], dir);
  deleteFiles([join(dir, "a/b/one.ts"), join(dir, "a/c/two.ts")], join(dir, "a"), dir);
  expect(tree()).toEqual(["a", "a/c", "a/c/three.ts"]);
  deleteFiles([join(dir, "a/c/three.ts")], join(dir, "a"), dir);
  expect(tree()).toEqual(["a"]);
});
