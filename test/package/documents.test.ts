import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { blocksOf } from "../support/guides.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Environment variables that say how the network is reached. */
const network =
  /^(?:(?:https?|no)_proxy|npm_config_registry|NODE_EXTRA_CA_CERTS|NODE_USE_SYSTEM_CA|SSL_CERT_(?:FILE|DIR))$/i;

/** A section of README.md. */
function sectionOf(heading: string): string {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const start = readme.indexOf(`\n## ${heading}\n`);
  if (start < 0) throw new Error(`README.md has no section "${heading}"`);
  return readme.slice(start + 1).split(/\n## /)[0]!;
}

let folder: string;
let tarballs: Readonly<Record<string, string>>;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "crucible-readme-"));
  const pack = (...where: string[]): string => {
    const answer = execFileSync("npm", ["pack", "--json", "--pack-destination", folder, ...where], {
      cwd: root,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    return join(folder, (JSON.parse(answer) as [{ filename: string }])[0].filename);
  };
  tarballs = { "crucible-gen": pack(), "crucible-runtime": pack("-w", "crucible-runtime") };
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("your first plugin, block by block, in a fresh home from the packed tarballs", () => {
  const home = join(folder, "home");
  mkdirSync(home);
  const env = {
    PATH: process.env["PATH"],
    HOME: home,
    npm_config_cache: process.env["npm_config_cache"] ?? join(home, ".npm"),
    // How this machine reaches the registry is no part of the user's home.
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => network.test(name))),
  };
  let cwd = home;
  let printed = "";
  let ran = 0;
  for (const { language, note, text } of blocksOf(sectionOf("Your first plugin in ten minutes"))) {
    const file = /^file=(\S+)$/.exec(note)?.[1];
    if (file !== undefined) {
      mkdirSync(dirname(join(cwd, file)), { recursive: true });
      writeFileSync(join(cwd, file), text);
    } else if (language === "sh") {
      // The packages are not published from here: what would come from the registry comes from the tarballs.
      const script = text.replaceAll(
        /^(npm install .*?)(crucible-\w+)/gm,
        (_, before: string, name: string) => before + tarballs[name],
      );
      const answer = execFileSync("sh", ["-ec", `${script}\npwd`], {
        cwd,
        env,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
      });
      const lines = answer.trimEnd().split("\n");
      cwd = lines.pop()!;
      printed = `${lines.join("\n")}\n`;
      ran++;
    } else {
      expect(note).toBe("output");
      expect(printed).toBe(text);
    }
  }
  expect(ran).toBe(3);
}, 300_000);

test("the blocks of docs/schema.md generate and compile", () => {
  const cwd = join(folder, "schema");
  mkdirSync(cwd);
  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(cwd, file)), { recursive: true });
    writeFileSync(join(cwd, file), text);
  };
  const blocks = blocksOf(readFileSync(join(root, "docs/schema.md"), "utf8"));
  for (const { note, text } of blocks) write(/^file=(\S+)$/.exec(note)![1]!, text);
  const tutorial = blocksOf(sectionOf("Your first plugin in ten minutes"));
  write("tsconfig.json", tutorial.find(({ note }) => note === "file=tsconfig.json")!.text);
  write("package.json", JSON.stringify({ name: "schema", type: "module" }));
  const run = (command: string, ...args: string[]): void => {
    const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: "utf8" });
    if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${stdout}${stderr}`);
  };
  const packages = ["@bufbuild/protobuf", "typescript", "@types/node"];
  run("npm", "install", "--no-audit", "--no-fund", ...Object.values(tarballs), ...packages);
  run("npx", "crucible-gen", "generate");
  run("npx", "tsc", "--noEmit");
  expect(blocks.length).toBe(3);
}, 300_000);
