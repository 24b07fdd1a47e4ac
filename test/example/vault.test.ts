import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { defaultVaultLimits } from "../../examples/knowledge/src/vault/limits.js";
import { readPackages, readVault, type Vault } from "../../examples/knowledge/src/vault/vault.js";

let base: string;
let root: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "crucible-vault-"));
  root = join(base, "vault");
  mkdirSync(root);
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

function write(path: string, content: string | Uint8Array): void {
  mkdirSync(join(root, path, ".."), { recursive: true });
  writeFileSync(join(root, path), content);
}

function ids(vault: Vault): string[] {
  return [...vault.notes.keys()];
}

describe("readVault", () => {
  it("reads Markdown in every folder, ordered by id", async () => {
    write("b.md", "# B\n");
    write("a/c.MARKDOWN", "# C\n");
    write("a/d.mdx", "# D\n");
    write("a/e.txt", "no note");
    write(".trash/f.md", "# Deleted\n");
    const vault = await readVault(root);
    expect(ids(vault)).toEqual(["a/c.MARKDOWN", "a/d.mdx", "b.md"]);
    expect(vault.notes.get("b.md")).toMatchObject({ title: "B", text: "# B\n", sizeBytes: 4 });
    expect(vault.sizeBytes).toBe(12);
    expect(vault.skipped).toEqual([]);
  });

  it("comes to an end where links go round, and reads each note once", async () => {
    write("a/note.md", "# A\n");
    symlinkSync("..", join(root, "a/up"));
    symlinkSync(".", join(root, "here"));
    symlinkSync("itself.md", join(root, "itself.md"));
    symlinkSync("a", join(root, "b"));
    symlinkSync("a/note.md", join(root, "twin.md"));
    const vault = await readVault(root);
    expect(ids(vault)).toEqual(["a/note.md"]);
    expect(vault.skipped).toEqual([{ path: "itself.md", reason: "is a link that leads nowhere (ELOOP)" }]);
  });

  it("follows no link out of the vault", async () => {
    writeFileSync(join(base, "secret.md"), "# Secret\n");
    mkdirSync(join(base, "vault-other"));
    writeFileSync(join(base, "vault-other/secret.md"), "# Secret\n");
    write("a.md", "# A\n");
    symlinkSync("../secret.md", join(root, "secret.md"));
    symlinkSync("../vault-other", join(root, "other"));
    symlinkSync("/", join(root, "everything"));
    const vault = await readVault(root);
    expect(ids(vault)).toEqual(["a.md"]);
    expect(vault.skipped).toEqual([{ path: "secret.md", reason: "is a link that leads out of the vault" }]);
  });

  it("leaves out what is no text, too large, or no file", { timeout: 10_000 }, async () => {
    write("a.md", "# A\n");
    write("bytes.md", Uint8Array.of(0x23, 0x20, 0xff, 0xfe));
    write("huge.md", new Uint8Array(defaultVaultLimits.maxNoteBytes + 1).fill(0x61));
    write("just.md", new Uint8Array(defaultVaultLimits.maxNoteBytes).fill(0x61));
    mkdirSync(join(root, "folder.md"));
    execFileSync("mkfifo", [join(root, "pipe.md")]);
    const vault = await readVault(root);
    expect(ids(vault)).toEqual(["a.md", "just.md"]);
    expect(vault.skipped).toEqual([
      { path: "bytes.md", reason: "is not UTF-8" },
      { path: "huge.md", reason: "has 1048577 bytes, more than the 1048576 allowed" },
    ]);
  });

  it("stops at its limits, and says so", async () => {
    for (let at = 0; at < 10; at++) write(`note ${at}.md`, "0123456789");
    const few = await readVault(root, { ...defaultVaultLimits, maxNotes: 4 });
    expect(few.notes.size).toBe(4);
    expect(few.skipped).toEqual([
      { path: ".", reason: "has more than 4 notes or 1000000 files; the rest is left out" },
    ]);
    const small = await readVault(root, { ...defaultVaultLimits, maxVaultBytes: 35 });
    expect(small.notes.size).toBe(3);
    expect(small.skipped).toHaveLength(7);
    expect((await readVault(root, { ...defaultVaultLimits, maxEntries: 6 })).notes.size).toBe(6);
  });

  it("goes no deeper than its limit", async () => {
    write("a.md", "# A\n");
    write(`${"x/".repeat(70)}b.md`, "# B\n");
    const vault = await readVault(root);
    expect(ids(vault)).toEqual(["a.md"]);
    expect(vault.skipped).toEqual([{ path: "x/".repeat(65).slice(0, -1), reason: "lies deeper than 64 folders" }]);
  });

  it("fails where there is nothing to read", async () => {
    await expect(readVault(join(root, "missing"))).rejects.toThrow("does not exist");
    await expect(readVault(root)).rejects.toThrow("has no Markdown in it: name the folder");
    write("bytes.md", Uint8Array.of(0xff));
    await expect(readVault(root)).rejects.toThrow("has no Markdown in it that can be read (1 left out)");
  });
});

describe("readPackages", () => {
  it("reads every node_modules upward, and packages that are linked from there", async () => {
    write("node_modules/.bin/x.md", "# No package\n");
    write("node_modules/.pnpm/c@1/node_modules/c/README.md", "# C\n");
    symlinkSync(".pnpm/c@1/node_modules/c", join(root, "node_modules/c"));
    write("packages/a/README.md", "# A\n");
    write("packages/a/src/index.js", "");
    write("packages/a/node_modules/b/README.md", "# B\n");
    symlinkSync("../packages/a", join(root, "node_modules/a"));
    symlinkSync(base, join(root, "node_modules/outside"));
    const vault = await readPackages(join(root, "packages/a/src"));
    expect([...vault.notes.values()].map(({ title }) => title).toSorted()).toEqual(["A", "B", "C"]);
  });

  it("fails where nothing is installed", async () => {
    await expect(readPackages(root)).rejects.toThrow("run npm install, or name a folder with --vault");
  });
});
