import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { createDaemon, type LaunchOptions } from "../../runtime/typescript/src/daemon/index.js";
import { CrucibleError } from "../../runtime/typescript/src/index.js";
import { Echo } from "./lab/gen/lab/v1/lab_daemon.js";
import {
  closeDaemons,
  createLab,
  isAlive,
  namesIn,
  reasonOf,
  sharedState,
  temporaryDirectory,
  until,
} from "./support/lab.js";
import { TestVault } from "./support/vault.js";

afterEach(closeDaemons);

async function errorOf(promise: Promise<unknown>): Promise<CrucibleError> {
  const error = await promise.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  expect(error).toBeInstanceOf(CrucibleError);
  return error as CrucibleError;
}

describe("a command that cannot be started is named", () => {
  const cases: readonly [what: string, command: (directory: string) => [string, ...string[]], text: string][] = [
    ["not in PATH", () => ["no-such-program-anywhere"], "not found in PATH"],
    ["no such file", (directory) => [join(directory, "missing.js")], "does not exist"],
    [
      "not executable",
      (directory) => {
        writeFileSync(join(directory, "plain.txt"), "text", { mode: 0o600 });
        return [join(directory, "plain.txt")];
      },
      "not executable",
    ],
    [
      "its interpreter is missing",
      (directory) => {
        const path = join(directory, "script");
        writeFileSync(path, "#!/no/such/interpreter\n");
        chmodSync(path, 0o700);
        return [path];
      },
      "interpreter",
    ],
  ];
  test.each(cases)("%s", async (_, command, text) => {
    const { daemon, socketDirectory } = await createLab();
    const error = await errorOf(daemon.launch({ id: "echo", command: command(temporaryDirectory()) }));
    expect(error.reason).toBe("COMMAND_NOT_FOUND");
    expect(error.message).toContain(text);
    expect(error.message).not.toContain("\n");
    expect(namesIn(socketDirectory).filter((name) => name.endsWith(".sock"))).toEqual([]);
    expect(daemon.plugins()).toEqual([]);
  });

  test("a working directory that is missing is told apart", async () => {
    const { launch } = await createLab();
    const error = await errorOf(launch("echo-plugin", { cwd: "/no/such/directory" }));
    expect(error.reason).toBe("COMMAND_NOT_FOUND");
    expect(error.message).toContain("cwd /no/such/directory does not exist");
  });
});

describe("a plugin that never registers", () => {
  test("exits: the error has its exit code and its last line", async () => {
    const { launch, socketDirectory, records } = await createLab();
    const error = await errorOf(launch("exits-early"));
    expect(error.reason).toBe("PLUGIN_EXITED");
    expect(error.message).toContain("exit code 3");
    expect(error.message).toContain("config.json has no api key; add one");
    expect(records.filter(({ stream }) => stream !== undefined).map(({ message }) => message)).toEqual(
      expect.arrayContaining(["starting", "reading config.json"]),
    );
    expect(namesIn(socketDirectory).filter((name) => name.endsWith(".sock"))).toEqual([]);
  });

  test("is no plugin at all", async () => {
    const { daemon } = await createLab();
    const error = await errorOf(daemon.launch({ id: "echo", command: ["true"] }));
    expect(error.reason).toBe("PLUGIN_EXITED");
    expect(error.message).toContain("exit code 0");
    expect(error.message).toContain("serve()");
  });

  test("hangs: it is killed, with all that it has started, though it ignores SIGTERM", async () => {
    const { launch, socketDirectory, records, daemon } = await createLab();
    const error = await errorOf(launch("never-connects", { startTimeoutMs: 1_500 }));
    expect(error.reason).toBe("PLUGIN_START_TIMEOUT");
    expect(error.message).toContain("1500 ms");
    const line = records.find(({ message }) => message.startsWith("pids "))!.message;
    const [own, child] = line.split(" ").slice(1).map(Number) as [number, number];
    await until(() => !isAlive(own) && !isAlive(child), "both processes to be gone");
    expect(namesIn(socketDirectory).filter((name) => name.endsWith(".sock"))).toEqual([]);
    // Its id is free again.
    const plugin = await launch("echo-plugin");
    expect(daemon.plugins()).toEqual([plugin]);
  });

  test("is given up when its daemon closes", async () => {
    const { launch, daemon, records } = await createLab();
    const launching = errorOf(launch("never-connects", { startTimeoutMs: 60_000 }));
    await until(() => records.some(({ message }) => message.startsWith("pids ")), "the process");
    await daemon.close();
    expect((await launching).reason).toBe("SHUTTING_DOWN");
    expect(await reasonOf(launch("echo-plugin"))).toBe("SHUTTING_DOWN");
  });
});

describe("options", () => {
  const wrong: readonly [what: string, options: Partial<LaunchOptions>, reason: string][] = [
    ["an id with a path in it", { id: "../escape" }, "PLUGIN_ID_INVALID"],
    ["an id in capitals", { id: "Search" }, "PLUGIN_ID_INVALID"],
    ["an id of 41 characters", { id: "a".repeat(41) }, "PLUGIN_ID_INVALID"],
    ["an empty id", { id: "" }, "PLUGIN_ID_INVALID"],
    ["an empty command", { command: [] as unknown as [string] }, "OPTION_INVALID"],
    ["a command with NUL", { command: ["node", "a\0b"] }, "OPTION_INVALID"],
    ["an impossible variable", { env: { "A=B": "x" } }, "OPTION_INVALID"],
    ["a capability with a blank", { capabilities: ["vault read"] }, "OPTION_INVALID"],
    ["an option that does not exist", { encrypton: "none" } as object, "OPTION_INVALID"],
    ["no time to start", { startTimeoutMs: 0 }, "OPTION_INVALID"],
    ["more time than a token lives", { startTimeoutMs: 60_001 }, "OPTION_INVALID"],
  ];
  test.each(wrong)("%s is refused before anything is started", async (_, options, reason) => {
    const { daemon, socketDirectory } = await createLab();
    const error = await errorOf(daemon.launch({ id: "echo", command: ["true"], ...options }));
    expect(error.reason).toBe(reason);
    expect(namesIn(socketDirectory)).toEqual([]);
  });

  test("cwd and env reach the process; undefined removes a variable", async () => {
    const { launch } = await createLab();
    process.env["LAB_REMOVED"] = "here";
    const cwd = temporaryDirectory();
    const plugin = await launch("echo-plugin", { cwd, env: { LAB_ADDED: "yes", LAB_REMOVED: undefined } });
    const echo = plugin.client(Echo);
    expect((await echo.act({ action: "directory" })).result).toBe(cwd);
    expect((await echo.act({ action: "environment", argument: "LAB_ADDED" })).result).toBe("yes");
    expect((await echo.act({ action: "environment", argument: "LAB_REMOVED" })).result).toBe("unset");
    delete process.env["LAB_REMOVED"];
  });

  test.each([
    ["a name of no valid form", { name: "My Daemon" }, "OPTION_INVALID"],
    ["an option that does not exist", { encrypton: "none" } as object, "OPTION_INVALID"],
    ["a limit out of range", { limits: { maxCalls: 0 } }, "OPTION_INVALID"],
    ["a limit that does not exist", { limits: { maxCats: 1 } as object }, "OPTION_INVALID"],
    ["no place for connections", { maxPendingConnections: 0 }, "OPTION_INVALID"],
    ["one service twice", { services: [new TestVault(), new TestVault()] }, "METHOD_COLLISION"],
  ])("a daemon with %s is not made", async (_, options, reason) => {
    expect(await reasonOf(createLab(options))).toBe(reason);
  });
});

describe("sockets", () => {
  test("an id runs once", async () => {
    const { launch } = await createLab();
    const plugin = await launch("echo-plugin");
    expect(await reasonOf(launch("echo-plugin"))).toBe("PLUGIN_ID_IN_USE");
    await plugin.close();
    await launch("echo-plugin");
  });

  test("two launches of one id at once: one wins", async () => {
    const { launch } = await createLab();
    const outcomes = await Promise.allSettled([launch("echo-plugin"), launch("echo-plugin")]);
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  });

  test("a second daemon on the same socket is told whose it is, and the first goes on", async () => {
    const first = await createLab();
    const plugin = await first.launch("echo-plugin");
    const second = await createLab({ socketDirectory: first.socketDirectory });
    const error = await errorOf(second.launch("echo-plugin"));
    expect(error.reason).toBe("ADDRESS_IN_USE");
    expect(error.message).toContain(String(process.pid));
    const other = await second.launch("echo-plugin", { id: "other" });
    await second.daemon.close();
    expect(other.state).toBe("ended");
    expect((await plugin.client(Echo).say({ text: "still here" })).text).toBe("still here");
    expect(namesIn(first.socketDirectory)).toContain("echo.sock");
  });

  test("a path that no socket can have is refused", async () => {
    const socketDirectory = join(temporaryDirectory(), "d".repeat(100));
    const { launch } = await createLab({ socketDirectory });
    const error = await errorOf(launch("echo-plugin"));
    expect(error.reason).toBe("ADDRESS_INVALID");
    expect(error.message).toContain("107");
  });

  test("a directory that others may enter is refused", async () => {
    const socketDirectory = join(temporaryDirectory(), "open");
    mkdirSync(socketDirectory, { mode: 0o755 });
    chmodSync(socketDirectory, 0o755);
    const error = await errorOf(createDaemon({ name: "lab", stateDirectory: sharedState(), socketDirectory }));
    expect(error.reason).toBe("DIRECTORY_UNSAFE");
  });

  test("what a killed daemon has left is replaced", async () => {
    const socketDirectory = join(temporaryDirectory(), "s");
    mkdirSync(socketDirectory, { mode: 0o700 });
    const dead = join(socketDirectory, "echo.sock");
    const { execFileSync } = await import("node:child_process");
    const script = `require("net").createServer().listen(${JSON.stringify(dead)},()=>process.kill(process.pid,"SIGKILL"))`;
    expect(() => execFileSync(process.execPath, ["-e", script], { stdio: "ignore" })).toThrow();
    expect(namesIn(socketDirectory)).toEqual(["echo.sock"]);
    const { launch } = await createLab({ socketDirectory });
    const plugin = await launch("echo-plugin");
    expect((await plugin.client(Echo).say({ text: "hello" })).text).toBe("hello");
  });
});

test("capabilities: all that the launch allows, or those of them that the plugin asks for", async () => {
  const { launch, records } = await createLab({ services: [new TestVault()] });
  const all = await launch("echo-plugin", { capabilities: ["vault.read", "vault.wipe"] });
  expect([...all.capabilities].toSorted()).toEqual(["vault.read", "vault.wipe"]);
  await all.close();
  const some = await launch("asks-plugin", { capabilities: ["vault.read", "vault.wipe"] });
  expect([...some.capabilities]).toEqual(["vault.read"]);
  expect(some.version).toBe("1.2.3");
  expect(records.some(({ level, message }) => level === "warn" && message.includes("vault.format"))).toBe(true);
});
