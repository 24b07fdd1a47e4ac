// A working day with `crucible-gen dev`: real processes, real files, one session of the command.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, test } from "vitest";
import { InstalledLab, root } from "./installed.js";

let lab: InstalledLab;
let dir: string;
let child: ChildProcess | undefined;
beforeAll(async () => {
  lab = new InstalledLab();
  const parent = lab.project("day", {});
  expect((await lab.run(parent, ["init", "greeter", "--yes"])).code).toBe(0);
  dir = join(parent, "greeter");
}, 60_000);
afterAll(() => {
  child?.kill("SIGKILL");
  lab.remove();
});

interface Event {
  readonly event: string;
  readonly pid?: number;
  readonly methods?: string[];
  readonly files?: string[];
  readonly sources?: string[];
  readonly errors?: string[];
  readonly line?: string;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test("starts, follows sources and schemas, outlives mistakes, and leaves nothing behind", async () => {
  const tsc = `${process.execPath} ${root}node_modules/typescript/bin/tsc`;
  const args = [
    "dev",
    "--json",
    "--inspect",
    "127.0.0.1:0",
    "--build",
    tsc,
    "--",
    process.execPath,
    "dist/src/greeter.js",
  ];
  child = spawn(process.execPath, [lab.launcher, ...args], {
    cwd: dir,
    env: { PATH: "/usr/bin:/bin", HOME: lab.dir, TMPDIR: lab.temporary },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stderr = "";
  child.stderr!.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const seen: Event[] = [];
  const until = async (name: string): Promise<Event> => {
    for (;;) {
      const { done, value } = await lines.next();
      if (done === true) throw new Error(`no event ${name}: ${JSON.stringify(seen)} ${stderr}`);
      const event = JSON.parse(value) as Event;
      seen.push(event);
      if (event.event === name) return event;
    }
  };
  const edit = (path: string, from: string, to: string): void => {
    const text = readFileSync(join(dir, path), "utf8");
    expect(text).toContain(from);
    writeFileSync(join(dir, path), text.replace(from, to));
  };

  const first = await until("started");
  expect(first.methods).toEqual(["greeter.v1.Greeter/Greet", "greeter.v1.Greeter/Count"]);
  expect(seen.map(({ event }) => event).filter((event) => event !== "log")).toEqual([
    "generated",
    "building",
    "built",
    "started",
  ]);
  expect(seen.find(({ line }) => line?.startsWith("[plugin] Debugger listening on ws://127.0.0.1:"))).toBeDefined();

  edit("src/greeter.ts", "Hello, ", "Hi, ");
  expect((await until("changed")).files).toEqual(["src/greeter.ts"]);
  const second = await until("started");
  expect(second.pid).not.toBe(first.pid);
  expect(isRunning(first.pid!)).toBe(false);

  const proto = "proto/greeter/v1/greeter.proto";
  edit(proto, "rpc Greet(", "rpc Wave(GreetRequest) returns (GreetResponse);\n  rpc Greet(");
  expect((await until("changed")).files).toEqual([proto]);
  expect((await until("generated")).sources).toEqual(["src/greeter.ts"]);
  const third = await until("started");
  expect(third.methods).toContain("greeter.v1.Greeter/Wave");
  expect(readFileSync(join(dir, "src/greeter.ts"), "utf8")).toContain("async wave(");

  edit(proto, "message GreetRequest", "mesage GreetRequest");
  const wrong = await until("failed");
  expect(wrong.errors![0]).toMatch(/^proto\/greeter\/v1\/greeter\.proto:\d+:\d+: /);
  expect(isRunning(third.pid!)).toBe(true);
  edit(proto, "mesage GreetRequest", "message GreetRequest");
  const fourth = await until("started");

  edit("src/greeter.ts", "Hi, ", "${nothing}");
  expect((await until("failed")).errors!.join()).toContain("nothing");
  expect(isRunning(fourth.pid!)).toBe(true);

  process.kill(fourth.pid!, "SIGKILL");
  expect(await until("ended")).toEqual({ event: "ended", code: null, signal: "SIGKILL" });
  edit("src/greeter.ts", "${nothing}", "Hi, ");
  const last = await until("started");

  child.kill("SIGINT");
  const [code] = (await once(child, "exit")) as [number];
  expect([code, stderr]).toEqual([0, ""]);
  expect(isRunning(last.pid!)).toBe(false);
  expect(readdirSync(lab.temporary)).toEqual([]);
}, 120_000);

test.each([
  [["dev"], 1, /^error: (?:no file below src|Node |src\/greeter\.ts imports )[^\n]*name the program, as in [^\n]*\n$/],
  [["dev", "--inspect", "nowhere", "--", "x"], 1, /^error: --inspect cannot be "nowhere": write a port or host:port/],
  [["dev", "--build", "'", "--", "x"], 1, /^error: --build has a quote ' that is not closed: /],
])("%j", async (args, expected, line) => {
  const { code, stdout, stderr } = await lab.run(dir, args);
  expect([code, stdout]).toEqual([expected, ""]);
  expect(stderr).toMatch(line);
});
