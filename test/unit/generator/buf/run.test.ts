import { GeneratorError } from "../../../../generator/errors.js";
import { describe, expect, test } from "vitest";
import { buildMistakes, generateMistakes, generateNotes, runBuf } from "../../../../generator/buf/run.js";

const failed = (stderr: string) => ({ ok: false, stdout: "", stderr });

describe("buildMistakes", () => {
  test("passes places and messages through, paths relocated", () => {
    const line = { path: "proto/a.proto", start_line: 3, start_column: 5, message: "missing name after `message`" };
    const error = buildMistakes(failed(`${JSON.stringify(line)}\nFailure: and more\n`), (path) => `../${path}`);
    expect(error.message).toBe("../proto/a.proto:3:5: missing name after `message`\nand more");
  });

  test("keeps what is no JSON, and never says nothing", () => {
    expect(buildMistakes(failed('{"path": broken\n'), String).message).toBe('{"path": broken');
    expect(buildMistakes(failed(""), String).message).toBe("buf failed and said nothing: run crucible-gen doctor");
    expect(buildMistakes(failed("unknown flag: --error-format\n"), String).message).toBe(
      "this buf is too old or too new (unknown flag: --error-format): run crucible-gen doctor",
    );
  });
});

describe("generateMistakes", () => {
  const names = new Map([
    ["/usr/bin/node /x/protoc-gen-crucible.js", "protoc-gen-crucible"],
    ["/usr/bin/node /x/protoc-gen-es", "protoc-gen-es"],
  ]);
  const told = (stderr: string): string =>
    generateMistakes(failed(stderr), "buf.gen.yaml", names, (path) => `proto/${path}`).message;

  test("a mistake in a .proto is told without the plugin, one line each", () => {
    const first = "Failure: plugin /usr/bin/node /x/protoc-gen-crucible.js: a.proto:1:2: one; rename it";
    expect(told(`${first}\nb.proto:3:4: two\nplugin /usr/bin/node /x/protoc-gen-es: context canceled\n`)).toBe(
      "proto/a.proto:1:2: one; rename it\nproto/b.proto:3:4: two",
    );
  });

  test("a mistake in the options names the plugin", () => {
    expect(told('Failure: plugin /usr/bin/node /x/protoc-gen-crucible.js: unknown option "x"\n')).toBe(
      'plugin protoc-gen-crucible: unknown option "x"',
    );
  });

  test("what a plugin printed itself is better than its exit status", () => {
    const exit = "Failure: plugin /usr/bin/node /x/protoc-gen-es: exit status 1\n";
    expect(told(`protoc-gen-es: invalid option "bogus=1"\n${exit}`)).toBe('protoc-gen-es: invalid option "bogus=1"');
    expect(told(exit)).toBe("plugin protoc-gen-es: exit status 1");
  });

  test("when our own plugin breaks, that is our fault", () => {
    const stack = "TypeError: x is undefined\n    at foo (x.js:1:1)\n";
    const stderr = `${stack}Failure: plugin /usr/bin/node /x/protoc-gen-crucible.js: exit status 1\n`;
    const error = generateMistakes(failed(stderr), "buf.gen.yaml", names, String);
    expect(error).not.toBeInstanceOf(GeneratorError);
    expect(error.message).toBe("TypeError: x is undefined");
  });

  test("what becomes of the other plugins is told only when nothing else is", () => {
    const killed = "plugin /usr/bin/node /x/protoc-gen-es: signal: killed\n";
    expect(told(`Failure: plugin other: exit status 1\ncontext canceled\n${killed}`)).toBe(
      "plugin other: exit status 1",
    );
    expect(told(`Failure: ${killed}`)).toBe("plugin protoc-gen-es: signal: killed");
  });

  test("a stack becomes the line that names the error", () => {
    const stack =
      "node:internal\n  throw err;\n  ^\n\nTypeError: x is no function\n    at foo (x.js:1:1)\n\nNode.js v20\n";
    expect(told(`${stack}Failure: plugin other: exit status 1\n`)).toBe("TypeError: x is no function");
  });

  test("a plugin that is not there, a setting that buf does not know", () => {
    expect(told('Failure: plugin nope: exec: "nope": executable file not found in $PATH\n')).toBe(
      "plugin nope was not found: install its package or correct buf.gen.yaml",
    );
    expect(told('Failure: decode config file: json: unknown field "x"\n')).toBe(
      'buf.gen.yaml: json: unknown field "x"',
    );
  });
});

describe("generateNotes", () => {
  test("finds what plugins tell beside whatever else is printed", () => {
    const stderr = "warming up\na.proto:1:2: note: one is slow\na.proto:3:4: two is wrong\nnote: three\n";
    expect(generateNotes({ ok: true, stdout: "", stderr }, (path) => `proto/${path}`)).toEqual([
      "proto/a.proto:1:2: one is slow",
    ]);
  });
});

describe("runBuf", () => {
  const { signal } = new AbortController();
  const run = (program: string, args: string[], until: AbortSignal = signal) =>
    runBuf({ program, args, cwd: process.cwd(), env: process.env, signal: until });

  test("hands back what was printed and whether it went well", async () => {
    const script = "console.log('out'); console.error('err'); process.exitCode = 3";
    expect(await run(process.execPath, ["-e", script])).toEqual({ ok: false, stdout: "out\n", stderr: "err\n" });
  });

  test("a program that cannot be started is a mistake, not a crash", async () => {
    await expect(run("/nowhere/buf", [])).rejects.toThrow(/^buf cannot be started \(.*ENOENT\): reinstall/);
  });

  test("is ended by its signal, with the reason given", async () => {
    const controller = new AbortController();
    const running = run(process.execPath, ["-e", "setInterval(() => {}, 1000)"], controller.signal);
    const reason = new Error("SIGINT");
    controller.abort(reason);
    await expect(running).rejects.toBe(reason);
  });

  test("output without end is cut, not kept", async () => {
    const script = "const line = 'x'.repeat(1 << 16); for (let i = 0; i < 100; i++) process.stderr.write(line)";
    const { ok, stderr } = await run(process.execPath, ["-e", script]);
    expect(ok).toBe(true);
    expect(stderr.length).toBeLessThan((1 << 20) + (1 << 17));
  });
});
