// A new repository: what it prints, what it refuses, and that its own tests pass.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { check, resolveConfigFile } from "prettier";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCli } from "../../../generator/cli.js";
import { chooseNames, defaultName } from "../../../generator/init/names.js";
import { InstalledLab, read } from "./installed.js";

let lab: InstalledLab;
beforeAll(() => {
  lab = new InstalledLab();
}, 60_000);
afterAll(() => lab.remove());

const pluginTranscript = `greeter/package.json
greeter/tsconfig.json
greeter/.gitignore
greeter/buf.gen.yaml
greeter/README.md
greeter/proto/greeter/v1/greeter.proto
greeter/src/greeter.ts
greeter/test/greeter.test.ts

A plugin with the service greeter.v1.Greeter. Next:
  cd greeter && npm install && npm test
  npx crucible-gen add method Greeter <name>
`;

describe("what it makes passes its own tests", () => {
  test("a plugin", async () => {
    const dir = lab.project("p", {});
    expect(await lab.run(dir, ["init", "greeter"])).toEqual({ code: 0, stdout: pluginTranscript, stderr: "" });
    const own = join(dir, "greeter");
    const { dependencies, devDependencies } = JSON.parse(readFileSync(join(own, "package.json"), "utf8")) as {
      readonly dependencies: Readonly<Record<string, string>>;
      readonly devDependencies: Readonly<Record<string, string>>;
    };
    for (const range of Object.values({ ...dependencies, ...devDependencies })) {
      expect(range).toMatch(/^[\^~]\d+\.\d+\.\d+$/);
    }
    expect((await lab.generate(own)).skeletons).toEqual([]);
    await lab.compile(own);
    expect(await lab.node(own, "--test", "dist/test/greeter.test.js")).toMatch(/^(?:#|ℹ) pass 3$/m);
  }, 60_000);

  test("a daemon, with every name said", async () => {
    const dir = lab.project("d", {});
    const names = ["--name", "@acme/party-host", "--service", "GuestBook", "--package", "acme.guests.v2"];
    const { code, stdout } = await lab.run(dir, ["init", "--kind", "daemon", ...names, "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      ok: true,
      kind: "daemon",
      name: "@acme/party-host",
      id: "party-host",
      service: "GuestBook",
      package: "acme.guests.v2",
      file: "guest-book",
      modulePath: "acme/guests/v2/guest_book",
      protoPath: "proto/acme/guests/v2/guest_book.proto",
      folder: ".",
      files: [
        "package.json",
        "tsconfig.json",
        ".gitignore",
        "buf.gen.yaml",
        "README.md",
        "proto/acme/guests/v2/guest_book.proto",
        "src/guest-book.ts",
        "src/main.ts",
        "test/visitor.ts",
        "test/guest-book.test.ts",
      ],
    });
    await lab.generate(dir);
    await lab.compile(dir);
    const compiled = join(dir, "dist/test/guest-book.test.js");
    expect(await lab.node(dir, "--test", compiled)).toMatch(/^(?:#|ℹ) pass 2$/m);

    // When it fails, it says why: a daemon that does not start, a plugin that ends.
    const text = readFileSync(compiled, "utf8");
    writeFileSync(compiled, text.replace('name: "test"', 'name: "No Name"'));
    const stopped = await lab.start(dir, ["--test", compiled]);
    expect(stopped.code).toBe(1);
    expect(stopped.stdout).toContain("name has no valid form");
    expect(stopped.stdout).not.toContain("TypeError");
    writeFileSync(compiled, text.replace("dist/test/visitor.js", "dist/test/nobody.js"));
    const nobody = await lab.start(dir, ["--test", compiled]);
    expect(nobody.stdout).toContain("Cannot find module");
    writeFileSync(compiled, text.replace('capabilities: ["party-host"]', "capabilities: []"));
    const refused = await lab.start(dir, ["--test", compiled]);
    expect(refused.stdout).toContain("CAPABILITY_MISSING");
  }, 60_000);

  test("its sources are laid out as prettier does without settings", async () => {
    expect(await resolveConfigFile(join(lab.dir, "x.ts"))).toBe(null);
    const dir = lab.project("layout", {});
    for (const kind of ["plugin", "daemon"]) {
      await lab.run(dir, ["init", kind, "--kind", kind, "--name", "greeter"]);
      for (const [path, text] of Object.entries(read(join(dir, kind)))) {
        if (!/\.(?:ts|json|md|yaml)$/.test(path)) continue;
        expect([path, await check(text, { filepath: path })]).toEqual([path, true]);
      }
    }
  });
});

test.each([
  ["/x/My App", "my-app"],
  ["/x/Übungs-Plugin", "ubungs-plugin"],
  ["/x/プラグイン", "plugin"],
])("the folder %s names it %s", (folder, name) => {
  expect(defaultName(folder)).toBe(name);
});

describe("what it refuses: one line, nothing written", () => {
  const refused: [name: string, args: string[], line: RegExp][] = [
    ["a name", ["--name", "Not A Name"], /^error: name "Not A Name" is none that npm takes: /],
    ["a service", ["--service", "lower"], /^error: service "lower" is no name of a service: /],
    ["a service that TypeScript has", ["--service", "Promise"], /^error: service Promise has a name that means /],
    ["a package", ["--package", "Acme"], /^error: package "Acme" is none of a schema: /],
    ["a package of others", ["--package", "google.x"], /^error: package google\.x belongs to others: /],
  ];
  test.each(refused)("%s", async (name, args, line) => {
    const dir = lab.project(`refused-${name.replaceAll(/\W+/g, "-")}`, {});
    const { code, stdout, stderr } = await lab.run(dir, ["init", ...args]);
    expect([code, stdout, stderr.split("\n").length]).toEqual([1, "", 2]);
    expect(stderr).toMatch(line);
    expect(readdirSync(dir)).toEqual([]);
  });

  test("files that are there already", async () => {
    const dir = lab.project("taken", { "app/tsconfig.json": "{}", "app/README.md": "mine", "app/notes.txt": "mine" });
    const before = read(dir);
    expect(await lab.run(dir, ["init", "app"])).toEqual({
      code: 1,
      stdout: "",
      stderr: "error: app has tsconfig.json and 1 more already: init overwrites nothing, so name an empty folder\n",
    });
    expect(read(dir)).toEqual(before);
  });

  test("a folder that is a file", async () => {
    const dir = lab.project("file", { app: "" });
    const { code, stderr } = await lab.run(dir, ["init", "app"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^error: app\/package\.json cannot be written \(a file stands where a folder has to be\): move it away, /,
    );
  });

  test("a kind that there is not", async () => {
    const { code, stderr } = await lab.run(lab.dir, ["init", "x", "--kind", "wheel"]);
    expect([code, stderr.split("\n").length]).toEqual([2, 2]);
    expect(stderr).toMatch(/^error: .*run "crucible-gen init --help"\n$/);
  });
});

describe("on a terminal", () => {
  async function converse(answers: string, args: string[], env: NodeJS.ProcessEnv = {}): Promise<[number, string]> {
    const cwd = join(lab.dir, `asked-${Math.random().toString(36).slice(2)}`);
    mkdirSync(cwd);
    writeFileSync(join(cwd, "other.txt"), "");
    const stdin: PassThrough & { isTTY?: boolean } = new PassThrough();
    stdin.isTTY = true;
    stdin.end(answers);
    let stdout = "";
    const code = await runCli(["init", ...args], {
      cwd,
      env: { NO_COLOR: "1", ...env },
      stdin,
      stdout: { isTTY: true, write: (text) => (stdout += text) },
      stderr: { write: (text) => (stdout += text) },
      signal: new AbortController().signal,
    });
    return [code, stdout];
  }

  test("asks for kind, name and service, again where an answer will not do", async () => {
    const [code, stdout] = await converse("wheel\ndaemon\n\nbook\nGuestBook\n", ["party"]);
    expect(code).toBe(0);
    expect(stdout.split("party/package.json")[0]).toBe(
      "A plugin or a daemon? (plugin) answer plugin or daemon\n" +
        "A plugin or a daemon? (plugin) Its name? (party) " +
        'Its service? (Party) service "book" is no name of a service: write it as in SearchProvider\n' +
        "Its service? (Party) ",
    );
    expect(stdout).toContain("A daemon with the service party.v1.GuestBook. Next:\n");
  });

  test("asks nothing that was said, and nothing with --yes or under CI", async () => {
    expect((await converse("", ["a", "--kind", "plugin", "--name", "a", "--service", "A"]))[1]).toMatch(/^a\/package/);
    expect((await converse("", ["b", "--yes"]))[1]).toMatch(/^b\/package/);
    expect((await converse("", ["c"], { CI: "true" }))[1]).toMatch(/^c\/package/);
  });

  test("takes what there is when the input ends", async () => {
    const [code, stdout] = await converse("", ["d"]);
    expect([code, stdout.includes("A plugin with the service d.v1.D.")]).toEqual([0, true]);
  });
});

test.each([
  ["/x/My Plugin!", "my-plugin", "my-plugin", "MyPlugin", "my_plugin.v1"],
  ["/x/2-fast", "2-fast", "fast", "Fast", "fast.v1"],
  ["/x/___", "plugin", "plugin", "Plugin", "plugin.v1"],
  ["/x/日本", "plugin", "plugin", "Plugin", "plugin.v1"],
])("names of %s", (folder, name, id, service, schema) => {
  expect(chooseNames({ kind: "plugin" }, folder)).toMatchObject({ name, id, service, package: schema });
});
