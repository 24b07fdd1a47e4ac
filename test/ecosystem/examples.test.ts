// Each example as a user has it who copies its folder: its plain version ranges, the packed tarballs, nothing of the repository.
import { spawn, spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Both, copyExample, environment, install, packBoth, read, removeHome, run } from "../package/packed.js";

let both: Both;
beforeAll(() => {
  both = packBoth();
}, 120_000);
afterAll(() => removeHome(), 60_000);

/** Installs, with what package.json asks for left as a user finds it: the tarballs must satisfy it. */
function installExample(name: string): string {
  const dir = copyExample(name);
  const manifest = readFileSync(join(dir, "package.json"), "utf8");
  install(dir, "--no-save", ...both.paths);
  expect(readFileSync(join(dir, "package.json"), "utf8")).toBe(manifest);
  return dir;
}

test("knowledge is generated, built and run", () => {
  const dir = installExample("knowledge");
  const generated = read(join(dir, "gen"));
  rmSync(join(dir, "gen"), { recursive: true });
  run(dir, "npx", "crucible-gen", "generate");
  expect(read(join(dir, "gen"))).toEqual(generated);
  run(dir, "npm", "run", "build");
  expect(run(dir, "npm", "start")).toContain("20 documents");
}, 300_000);

test("monorepo: what is generated once serves the plugin and the daemon", () => {
  const dir = installExample("monorepo");
  expect(run(dir, "npm", "test")).toMatch(/^(?:#|ℹ) pass 3$/m);
  expect(run(dir, "npm", "start")).toMatch(/^facing 45\n45\n135\n225\n315\n$/m);
}, 300_000);

describe("vite", () => {
  let dir: string;
  beforeAll(() => {
    dir = installExample("vite");
    expect(run(dir, "npm", "test")).toMatch(/^(?:#|ℹ) pass 3$/m);
  }, 300_000);

  const assets = (): string[] =>
    readdirSync(join(dir, "dist/web/assets")).map((name) => join(dir, "dist/web/assets", name));

  test("what the browser loads asks for nothing of Node, and is small", () => {
    const [script, ...others] = assets().filter((path) => path.endsWith(".js"));
    expect(others).toEqual([]);
    const text = readFileSync(script!, "utf8");
    expect(text).not.toMatch(/\bnode:|\bimport\b|\brequire\(/);
    expect(text.length).toBeLessThan(30_000);
  });

  test("codecs and validators work where there is neither Buffer nor process", () => {
    const config = `import { defineConfig } from "vite";
      export default defineConfig({
        logLevel: "silent",
        build: { outDir: "dist/client", lib: { entry: "src/web/client.ts", formats: ["es"], fileName: "client" } },
      });`;
    writeFileSync(join(dir, "client.config.mjs"), config);
    run(dir, "npx", "vite", "build", "--config", "client.config.mjs");
    const program = `const print = console.log;
      for (const name of ["Buffer", "process", "global", "setImmediate"]) delete globalThis[name];
      let sent;
      globalThis.fetch = async (_, { body }) => {
        sent = body;
        // SignResponse with an entry: number 300, name "Ü".
        return { ok: true, arrayBuffer: async () => Uint8Array.of(10, 7, 8, 172, 2, 18, 2, 195, 156).buffer };
      };
      const { problemsOf, sign } = await import("./dist/client/client.js");
      print([...problemsOf({ name: "", text: "x", email: "a@b" })].join());
      const { number, name } = await sign({ name: "Ü", text: "x" });
      print([...sent].join(), String(number), name);`;
    expect(run(dir, process.execPath, "--input-type=module", "-e", program)).toBe(
      "name,must be at least 1 characters\n10,2,195,156,18,1,120 300 Ü\n",
    );
  });

  const browser = ["chromium", "chromium-browser", "google-chrome"].find(
    (name) => spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0,
  );
  if (browser === undefined) test.skip("in a browser: neither chromium nor google-chrome is here", () => undefined);
  else {
    test("in a browser, the page shows what was signed", async () => {
      const server = spawn("node", ["dist/src/server/main.js"], {
        cwd: dir,
        env: { ...environment(), PORT: "0" },
        stdio: ["ignore", "pipe", "inherit"],
      });
      try {
        let url = "";
        for await (const line of createInterface({ input: server.stdout })) {
          url = /http:\S+\d/.exec(line)?.[0] ?? "";
          break;
        }
        const client = `const { sign } = await import("./dist/src/web/client.js");
          await sign({ name: "Ada", text: "Schön hier 🙂" }, ${JSON.stringify(url)});`;
        run(dir, process.execPath, "--input-type=module", "-e", client);
        const profile = `--user-data-dir=${join(dir, "profile")}`;
        const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=5000", profile];
        expect(run(dir, browser, ...flags, "--dump-dom", url)).toContain('<li value="1">Schön hier 🙂\nAda, ');
      } finally {
        server.kill();
      }
    }, 120_000);
  }
});
