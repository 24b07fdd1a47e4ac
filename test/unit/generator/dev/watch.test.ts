import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { Watcher } from "../../../../generator/dev/watch.js";

const folder = mkdtempSync(join(tmpdir(), "crucible-watch-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("tells what is new, other and gone, in folders old and new; not what was accepted, and not what does not count", async () => {
  const at = (path: string): string => join(folder, path);
  mkdirSync(at("src"));
  writeFileSync(at("src/a.ts"), "1");
  writeFileSync(at("src/gone.ts"), "1");
  writeFileSync(at("one.yaml"), "1");
  symlinkSync(folder, at("src/circle"));
  using watcher = new Watcher([
    { path: at("src"), counts: (path) => path.endsWith(".ts") },
    { path: at("one.yaml"), counts: () => true },
    { path: at("later"), counts: () => true },
  ]);
  const { signal } = new AbortController();
  const steps: [change: () => void, told: string[], sameFiles: boolean][] = [
    [() => writeFileSync(at("src/a.ts"), "22"), ["src/a.ts"], true],
    [() => rmSync(at("src/gone.ts")), ["src/gone.ts"], false],
    [
      () => {
        mkdirSync(at("src/deep/er"), { recursive: true });
        writeFileSync(at("src/deep/er/b.ts"), "1");
        writeFileSync(at("src/deep/er/b.log"), "1");
      },
      ["src/deep/er/b.ts"],
      false,
    ],
    [() => writeFileSync(at("src/deep/er/b.ts"), "22"), ["src/deep/er/b.ts"], true],
    [
      () => {
        writeFileSync(at("one.tmp"), "another");
        renameSync(at("one.tmp"), at("one.yaml"));
      },
      ["one.yaml"],
      true,
    ],
    [
      () => {
        mkdirSync(at("later"));
        writeFileSync(at("later/x"), "");
      },
      ["later/x"],
      false,
    ],
  ];
  for (const [change, told, sameFiles] of steps) {
    const next = watcher.next(signal);
    change();
    expect(await next).toEqual(told.map(at));
    expect([told, watcher.sameFiles]).toEqual([told, sameFiles]);
  }
  writeFileSync(at("src/a.ts"), "333");
  writeFileSync(at("src/b.ts"), "1");
  watcher.accept([at("src/a.ts")]);
  expect(await watcher.next(signal)).toEqual([at("src/b.ts")]);
  expect(await watcher.next(AbortSignal.abort())).toEqual([]);
});
