import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { findBuf } from "../../../../generator/buf/binary.js";

const dir = mkdtempSync(join(tmpdir(), "crucible-binary-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const from = fileURLToPath(new URL("../../../../package.json", import.meta.url));
const linux = { platform: "linux", arch: "x64", path: "" };

function place(path: string): string {
  const file = join(dir, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, "");
  chmodSync(file, 0o755);
  return file;
}

test("finds the program that is installed with us, not the script that starts it", () => {
  const { platform, arch } = process;
  expect(findBuf({ from, platform, arch, path: "" })).toMatch(/@bufbuild\/buf-[\w-]+\/bin\/buf(\.exe)?$/);
});

test("takes the first on the search path when none is installed, links made by npm left out", () => {
  const bin = place("node_modules/.bin/buf");
  const system = place("usr/bin/buf");
  const path = ["", dirname(bin), join(dir, "nowhere"), dirname(system)].join(delimiter);
  expect(findBuf({ ...linux, from: join(dir, "package.json"), path })).toBe(system);
});

test("looks for the platform's package from @bufbuild/buf itself, as pnpm needs it", () => {
  const store = "strict/node_modules/.pnpm/buf/node_modules/@bufbuild";
  writeFileSync(place(`${store}/buf-linux-x64/package.json`), "{}");
  writeFileSync(place(`${store}/buf/package.json`), "{}");
  const program = place(`${store}/buf-linux-x64/bin/buf`);
  mkdirSync(join(dir, "strict/node_modules/@bufbuild"));
  symlinkSync(join(dir, store, "buf"), join(dir, "strict/node_modules/@bufbuild/buf"));
  expect(findBuf({ ...linux, from: join(dir, "strict/package.json") })).toBe(program);
});

test.each([
  ["linux", "x64"],
  ["sunos", "x64"],
])("says what to do when there is none (%s %s)", (platform, arch) => {
  const search = { platform, arch, path: join(dir, "nowhere"), from: join(dir, "package.json") };
  expect(() => findBuf(search)).toThrow(`there is no buf program for ${platform} ${arch}: run "npm install"`);
});
