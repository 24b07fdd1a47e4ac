// Whatever is wrong: one line that says what and what to do, an exit code, and nothing changed.
import { spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Lab, read } from "./project.js";
import { notes, plain } from "./protos.js";
import { bufProgram } from "../../support/buf.js";
import { collidingMethods } from "../../support/colliding-methods.js";

let lab: Lab;
beforeAll(() => {
  lab = new Lab();
}, 60_000);
afterAll(() => lab.remove());
afterEach(() => expect(readdirSync(lab.temporary)).toEqual([]));

const template = (plugin: string): string => `version: v2\ninputs: [{directory: proto}]\nplugins: [${plugin}]\n`;
const [inA, inB] = collidingMethods("plain.v1.A", "plain.v1.B");
const asking = (service: string, method: string): string =>
  `syntax = "proto3";\npackage plain.v1;\nimport "p.proto";\nservice ${service} {\n  rpc ${method}(Plain) returns (Plain);\n}\n`;

const mistakes: [name: string, files: Record<string, string>, args: string[], lines: (string | RegExp)[]][] = [
  ["nothing there", {}, [], [/^error: there is neither buf\.gen\.yaml nor a folder proto in /]],
  [
    "no .proto file",
    { "proto/README.md": "" },
    [],
    ["error: proto holds no .proto file: write one, such as proto/notes.proto"],
  ],
  [
    "an input that is missing",
    { "buf.gen.yaml": template("{local: protoc-gen-es, out: gen}") },
    [],
    [/^error: there is no folder proto: /],
  ],
  [
    "invalid .proto",
    { "proto/x/bad.proto": 'syntax = "proto3";\npackage x;\nmessage M {\n  Foo a = 1;\n  int32 b = 1;\n}\n' },
    [],
    [/^proto\/x\/bad\.proto:4:3: .*Foo/, /^proto\/x\/bad\.proto:5:13: /],
  ],
  [
    "an import that is missing",
    { "proto/bad.proto": 'syntax = "proto3";\nimport "nope.proto";\n' },
    [],
    ["proto/bad.proto:2:1: imported file does not exist"],
  ],
  [
    "an option that makes no sense",
    {
      "proto/acme/v1/notes.proto": notes.replace(
        "= HOST_DAEMON",
        '= HOST_PLUGIN;\n  option (crucible.options.v1.service).capability = "x"',
      ),
    },
    [],
    [/^proto\/acme\/v1\/notes\.proto:\d+:\d+: service Kiln is hosted by the plugin and cannot ask for a capability/],
  ],
  ["a config that is missing", {}, ["--config", "nope.yaml"], [/^error: there is no nope\.yaml: /]],
  [
    "a config of another version",
    { "buf.gen.yaml": "version: v1\n" },
    [],
    [/^error: buf\.gen\.yaml is not of version v2: /],
  ],
  [
    "a config without a version",
    { "buf.gen.yaml": "plugins: 5\n" },
    [],
    ['error: buf.gen.yaml says no version: begin it with "version: v2"'],
  ],
  ...(
    [
      ["7", "error: buf.gen.yaml: plugins has to be a list such as [{local: protoc-gen-crucible, out: gen}]"],
      ["{local: x, out: 5}", "error: buf.gen.yaml: out of plugin x is no text; name a folder, such as gen"],
      ["{local: x}", "error: buf.gen.yaml: plugin x has no out; name the folder that it writes to"],
      [
        "{local: x, out: ~/gen}",
        "error: buf.gen.yaml: out of plugin x is ~/gen, where nothing stands in for ~; write the path out",
      ],
      [
        '{local: x, out: "${HOME}/gen"}',
        "error: buf.gen.yaml: out of plugin x is ${HOME}/gen, where nothing stands in for ${HOME}; write the path out",
      ],
      [
        "{local: x, out: gen, opt: {target: ts}}",
        "error: buf.gen.yaml: opt of plugin x has to be a list of texts such as [target=ts]",
      ],
    ] as const
  ).map(([plugin, line]): (typeof mistakes)[number] => [
    `a config with the plugin ${plugin}`,
    { "buf.gen.yaml": template(plugin) },
    [],
    [line],
  ]),
  [
    "a config with an unknown setting",
    { "buf.gen.yaml": template("{local: protoc-gen-es, out: gen, bogus: 1}"), "proto/p.proto": plain },
    [],
    ['error: buf.gen.yaml: json: unknown field "bogus"'],
  ],
  [
    "an unknown option of our plugin",
    { "buf.gen.yaml": template("{local: protoc-gen-crucible, out: gen, opt: bogus=1}"), "proto/p.proto": plain },
    [],
    [/^error: plugin protoc-gen-crucible: unknown option "bogus"; known options are /],
  ],
  [
    "an unknown option of protoc-gen-es",
    { "buf.gen.yaml": template("{local: protoc-gen-es, out: gen, opt: bogus=1}"), "proto/p.proto": plain },
    [],
    ['error: protoc-gen-es: invalid option "bogus=1"'],
  ],
  [
    "a plugin that is not installed",
    { "buf.gen.yaml": template("{local: protoc-gen-nope, out: gen}"), "proto/p.proto": plain },
    [],
    ["error: plugin protoc-gen-nope was not found: install its package or correct buf.gen.yaml"],
  ],
  [
    "a file where the output folder has to be",
    { "proto/p.proto": plain, gen: "" },
    [],
    [/^error: gen\/p_codec\.ts cannot be written \(a file stands where a folder has to be\): /],
  ],
  [
    "a place where nothing can be written",
    { "proto/p.proto": plain },
    ["--out", "/proc/nowhere"],
    [/^error: \/proc\/nowhere\/p_codec\.ts cannot be written \(its folder cannot be made\): /],
  ],
  [
    "two methods with one wire id",
    { "proto/p.proto": plain, "proto/a.proto": asking("A", inA), "proto/b.proto": asking("B", inB) },
    [],
    [
      new RegExp(
        `^proto/b\\.proto:5:3: method plain\\.v1\\.B/${inB} has the wire id 0x[0-9a-f]{8} of plain\\.v1\\.A/${inA} in a\\.proto:5; rename one of them$`,
      ),
    ],
  ],
  [
    "the same .proto in two inputs",
    {
      "a/p.proto": plain,
      "b/p.proto": plain,
      "buf.gen.yaml": template("{local: protoc-gen-crucible, out: gen}").replace(
        "[{directory: proto}]",
        "[{directory: a}, {directory: b}]",
      ),
    },
    [],
    ["a/p.proto: comes from two inputs; give one of the files another name or folder"],
  ],
];

const paths = (files: Record<string, string>): [string, string][] =>
  Object.entries(files).filter(([path]) => path.startsWith("gen/"));

describe("mistakes", () => {
  test.each(mistakes)("%s", async (name, files, args, lines) => {
    const dir = lab.project(name.replaceAll(/\W+/g, "-"), files);
    const before = read(dir);
    const { code, stdout, stderr } = await lab.run(dir, ["generate", ...args]);
    const told = stderr.trimEnd().split("\n");
    for (const [i, line] of lines.entries()) {
      if (typeof line === "string") expect(told[i]).toBe(line);
      else expect(told[i]).toMatch(line);
    }
    expect([code, stdout, told.length]).toEqual([1, "", lines.length]);
    expect(read(dir)).toEqual(before);
    expect(readdirSync(dir).toSorted()).toEqual(
      [...new Set(Object.keys(files).map((path) => path.split("/")[0]!))].toSorted(),
    );
  });

  test("no buf anywhere", async () => {
    const bare = new Lab();
    try {
      rmSync(join(bare.dir, "node_modules/@bufbuild"));
      const dir = bare.project("app", { "proto/p.proto": plain });
      const { code, stderr } = await bare.run(dir, ["generate"]);
      expect(code).toBe(1);
      expect(stderr).toMatch(/^error: there is no buf program for \w+ \w+: [^\n]*\n$/);
      // One on the search path will do; protoc-gen-es went with the rest.
      mkdirSync(join(bare.dir, "bin"));
      symlinkSync(bufProgram, join(bare.dir, "bin/buf"));
      const text = template("{local: protoc-gen-crucible, out: gen}");
      writeFileSync(join(dir, "buf.gen.yaml"), text);
      expect(await bare.run(dir, ["generate"], { PATH: join(bare.dir, "bin") })).toMatchObject({ code: 0, stderr: "" });
    } finally {
      bare.remove();
    }
  });

  test("no temporary folder", async () => {
    const dir = lab.project("no-tmp", { "proto/p.proto": plain });
    const { code, stderr } = await lab.run(dir, ["generate"], { TMPDIR: join(dir, "nope") });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: no temporary folder can be made in \S+ \(ENOENT\): set TMPDIR [^\n]*\n$/);
  });

  test("a fault of a plugin leaves what was generated before as it was", async () => {
    const dir = lab.project("later", { "proto/p.proto": plain });
    await lab.generate(dir);
    const before = read(dir);
    writeFileSync(join(dir, "proto/p.proto"), plain.replace("string id", "int32 number"));
    const text = `${before["buf.gen.yaml"]!}  - {local: [${process.execPath}, /nowhere.js], out: gen}\n`;
    writeFileSync(join(dir, "buf.gen.yaml"), text);
    const { code, stderr } = await lab.run(dir, ["generate"]);
    expect([code, stderr]).toEqual([1, "error: Error: Cannot find module '/nowhere.js'\n"]);
    expect(paths(read(dir))).toEqual(paths(before));
  });
});

test("a schema in another encoding than UTF-8, of which buf makes an empty one: what was generated from it stays", async () => {
  const dir = lab.project("encodings", { "proto/p.proto": plain, "proto/empty.proto": "// Nothing yet.\n" });
  await lab.generate(dir);
  const text = read(dir)["proto/p.proto"] ?? "";
  const generated = Object.entries(read(dir)).filter(([path]) => path.startsWith("gen/"));
  writeFileSync(join(dir, "proto/p.proto"), Buffer.from(`\ufeff${text}`, "utf16le"));
  expect(await lab.run(dir, ["generate"])).toEqual({
    code: 1,
    stdout: "",
    stderr: "proto/p.proto:1:1: it is no UTF-8: save it as that\n",
  });
  expect(Object.entries(read(dir)).filter(([path]) => path.startsWith("gen/"))).toEqual(generated);
  // With tabs, line ends of Windows and a mark of byte order it is the same schema.
  writeFileSync(join(dir, "proto/p.proto"), `\ufeff${text.replaceAll("  ", "\t").replaceAll("\n", "\r\n")}`);
  expect(await lab.generate(dir)).toMatchObject({ written: [], deleted: [] });
});

test("two runs at once, in a folder with spaces and letters of other alphabets: both go well", async () => {
  const dir = lab.project("zwei läufe/プロジェクト", { "proto/p.proto": plain });
  const start = () =>
    new Promise<number | null>((done) => {
      const child = spawn(process.execPath, [lab.launcher, "generate", "--out", "gén code"], {
        cwd: dir,
        env: { PATH: "/usr/bin:/bin", HOME: lab.dir, TMPDIR: lab.temporary },
        stdio: "ignore",
      });
      child.once("exit", done);
    });
  expect(await Promise.all([start(), start()])).toEqual([0, 0]);
  const files = Object.keys(read(dir));
  expect(files.filter((path) => path.endsWith(".tmp"))).toEqual([]);
  expect(files).toContain("gén code/p_codec.ts");
  expect((await lab.run(dir, ["check", "--config", "buf.gen.yaml"])).code).toBe(0);
});

test("Ctrl-C in the middle: code 130, nothing changed, nothing left behind, no process either", async () => {
  const marker = join(lab.dir, "started");
  const script = `#!${process.execPath}\nrequire("fs").writeFileSync(${JSON.stringify(marker)}, String(process.pid)); setTimeout(() => {}, 20000);\n`;
  const dir = lab.project("slow", {
    "proto/p.proto": plain,
    "slow.js": script,
    "buf.gen.yaml": template("{local: ./slow.js, out: gen}"),
  });
  chmodSync(join(dir, "slow.js"), 0o755);
  const child = spawn(process.execPath, [lab.launcher, "generate"], {
    cwd: dir,
    env: { PATH: "/usr/bin:/bin", HOME: lab.dir, TMPDIR: lab.temporary },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  while (!existsSync(marker) && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(child.exitCode).toBe(null);
  child.kill("SIGINT");
  await once(child, "close");
  expect([child.exitCode, stderr]).toEqual([130, "error: interrupted: nothing was changed\n"]);
  expect(Object.keys(read(dir))).toEqual(["buf.gen.yaml", "proto/p.proto", "slow.js"]);
  const pid = Number(readFileSync(marker, "utf8"));
  await expect.poll(() => isRunning(pid), { timeout: 5000 }).toBe(false);
  expect(readdirSync(lab.temporary)).toEqual([]);
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
