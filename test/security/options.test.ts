import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createDaemon, type DaemonOptions, type LaunchOptions } from "../../runtime/typescript/src/daemon/index.js";
import { CrucibleError } from "../../runtime/typescript/src/index.js";
import { serve, type ServeOptions } from "../../runtime/typescript/src/plugin/index.js";
import type { Interceptor } from "../../runtime/typescript/src/rpc/interceptor.js";
import type { CallOptions } from "../../runtime/typescript/src/rpc/service.js";
import { createLab, temporaryDirectory } from "../integration/support/lab.js";
import { Echo, pairUp } from "../suites/peers.js";

// What a program makes of its configuration, its environment or the input of its own users ends as an option here.

/** Values that no option takes, or few. */
const wrong: Readonly<Record<string, unknown>> = {
  null: null,
  NaN: Number.NaN,
  "a negative number": -1,
  Infinity: Number.POSITIVE_INFINITY,
  "1e308": 1e308,
  "a half": 0.5,
  "a number as text": "5",
  "a text with NUL": "a\0b",
  "a long text": "\u001b[31m\n".repeat(1_000),
  "a bigint": 5n,
  "a symbol": Symbol("a\nb"),
  "an object": {},
  "an object without a prototype": Object.create(null),
  "an object that throws when it is made text": {
    toString: () => {
      throw new Error("no text");
    },
    toJSON: () => {
      throw new Error("no JSON");
    },
  },
  "a list": [],
  "a list of holes": Array(3),
  "a function": () => {},
};

/** What of those an option takes all the same. */
type Takes = Readonly<Record<string, readonly string[]>>;

async function errorOf(action: () => unknown): Promise<unknown> {
  try {
    await action();
  } catch (error) {
    return error;
  }
  return undefined;
}

/** One clear line, and nothing of what it was given that a terminal would obey. */
function expectOneLine(error: unknown, what: string): void {
  expect(error, what).toBeInstanceOf(CrucibleError);
  const { message } = error as CrucibleError;
  expect(message, what).toMatch(/^[^\p{Cc}\u2028\u2029]{10,900}$/u);
}

/** Gives each option each wrong value, and a getter that throws. */
async function attack(names: readonly string[], takes: Takes, give: (options: object) => unknown): Promise<void> {
  for (const name of names) {
    for (const [kind, value] of Object.entries(wrong)) {
      if (takes[name]?.includes(kind)) continue;
      const error = await errorOf(() => give({ [name]: value }));
      expectOneLine(error, `${name}: ${kind}`);
      const { reason, message } = error as CrucibleError;
      expect(reason, message).toMatch(/^(?:OPTION|PLUGIN_ID)_INVALID$/);
      expect(message).toContain(name);
    }
    const thrown = Object.defineProperty({}, name, {
      enumerable: true,
      get: () => {
        throw new Error("boom\nsecond line");
      },
    });
    const error = await errorOf(() => give(thrown));
    expectOneLine(error, `${name}: a getter that throws`);
    expect((error as CrucibleError).message).toContain(`${name} cannot be read: boom second line`);
  }
}
const noOptions = [undefined, null, 5, "text", [], () => {}, Symbol("s"), 5n];

describe("createDaemon", () => {
  const directory = temporaryDirectory();
  const stateDirectory = join(directory, "state");
  const create = (options: object): Promise<unknown> =>
    createDaemon(
      Object.defineProperties(
        { name: "lab", stateDirectory, socketDirectory: join(directory, "s") },
        Object.getOwnPropertyDescriptors(options),
      ) as DaemonOptions,
    );
  const names = [
    ..."name stateDirectory listen mutualTls socketDirectory services interceptors limits validation".split(" "),
    ..."cacheBytes encryption compression connections resumeTimeoutMs handoff onLog startTimeoutMs".split(" "),
    "maxPendingConnections",
  ];
  const texts = ["a number as text", "a long text"];
  const objects = ["an object", "an object without a prototype"];
  const takes: Takes = {
    name: ["a number as text"],
    stateDirectory: texts,
    socketDirectory: texts,
    services: ["a list"],
    interceptors: ["a list"],
    limits: objects,
    validation: objects,
    handoff: objects,
    onLog: ["a function"],
  };

  test("takes no option of a wrong kind, says so in one line, and makes nothing", async () => {
    await attack(names, takes, create);
    for (const options of noOptions) {
      const error = await errorOf(() => createDaemon(options as never));
      expectOneLine(error, String(options));
      expect(error).toMatchObject({ reason: "OPTION_INVALID" });
    }
    expect(existsSync(stateDirectory)).toBe(false);
    expect(readdirSync(directory)).toEqual([]);
  });

  test("nor one within an option", async () => {
    const give = (outer: string) => (options: object) => create({ [outer]: options });
    const limits = "maxFrameBytes maxMessageBytes maxCalls maxIncompleteBytes handshakeTimeoutMs frameTimeoutMs";
    await attack(limits.split(" "), {}, give("limits"));
    await attack(["use", "leastBytes", "arenaBytes"], {}, give("handoff"));
    await attack(["views"], { views: ["a list"] }, give("handoff"));
    await attack(["requests", "responses", "requestsSent"], {}, give("validation"));
    expect(existsSync(stateDirectory)).toBe(false);
  });

  test("what is on a prototype that all objects share is no option", async () => {
    const prototype = Object.prototype as Record<string, unknown>;
    prototype["mutualTls"] = true;
    prototype["encryption"] = "none";
    try {
      const lab = await createLab();
      await lab.daemon.close();
    } finally {
      delete prototype["mutualTls"];
      delete prototype["encryption"];
    }
    // On one of the user's own it is.
    class Options {
      readonly name = "lab";
      get encryption(): "none" {
        return "wrong" as "none";
      }
    }
    expect(await errorOf(() => createDaemon(new Options()))).toMatchObject({ reason: "OPTION_INVALID" });
    const named = JSON.parse(`{"__proto__": {"encryption": "none"}, "name": "lab"}`) as DaemonOptions;
    expect(await errorOf(() => createDaemon(named))).toMatchObject({ reason: "OPTION_INVALID" });
  });
});

test("launch takes no option of a wrong kind, and starts nothing", async () => {
  const { daemon, socketDirectory } = await createLab();
  const launch = (options: object): Promise<unknown> =>
    daemon.launch(
      Object.defineProperties(
        { id: "echo", command: ["/nowhere/at-all"] },
        Object.getOwnPropertyDescriptors(options),
      ) as LaunchOptions,
    );
  const names = "id command cwd env capabilities encryption connectFrom handoff connections startTimeoutMs".split(" ");
  const objects = ["an object", "an object without a prototype"];
  const takes: Takes = {
    id: ["a number as text"],
    cwd: ["a number as text", "a long text"],
    env: objects,
    capabilities: ["a list"],
    handoff: objects,
  };
  await attack(names, takes, launch);
  for (const options of noOptions) {
    expect(await errorOf(() => daemon.launch(options as never))).toMatchObject({ reason: "OPTION_INVALID" });
  }
  for (const graceMs of Object.values(wrong)) {
    expectOneLine(await errorOf(() => daemon.close({ graceMs: graceMs as number })), "graceMs");
  }
  expect(await errorOf(() => daemon.close(null as never))).toMatchObject({ reason: "OPTION_INVALID" });
  expect(readdirSync(socketDirectory)).toEqual([]);
  expect(daemon.plugins()).toEqual([]);
});

test("serve takes no option of a wrong kind, before it looks for a ticket", async () => {
  const given = (options: object): Promise<unknown> =>
    serve(
      Object.defineProperties(
        { services: [], exitProcess: false },
        Object.getOwnPropertyDescriptors(options),
      ) as ServeOptions,
    );
  const names = [
    ..."services capabilities version interceptors limits encryption compression handoff validation".split(" "),
    ..."cacheBytes connections idleConnectionMs onLog".split(" "),
  ];
  const objects = ["an object", "an object without a prototype"];
  const takes: Takes = {
    services: ["a list"],
    capabilities: ["a list"],
    interceptors: ["a list"],
    version: ["a number as text", "a text with NUL", "a long text"],
    limits: objects,
    handoff: objects,
    validation: objects,
    onLog: ["a function"],
  };
  await attack(names, takes, given);
  expect(await errorOf(() => given({ service: [] }))).toMatchObject({ reason: "OPTION_INVALID" });
});

const interceptor: Interceptor = (next) => next;

describe.each([
  ["as they are", []],
  ["behind an interceptor", [interceptor]],
])("calls, %s", (_, interceptors) => {
  const calls = ["unary", "down", "up", "both"] as const;
  const takes: Takes = {
    timeoutMs: ["a half"],
    metadata: ["an object", "an object without a prototype"],
  };

  test("take no option of a wrong kind, send nothing, and leave nothing open", async () => {
    const { daemon, wire } = pairUp({ daemon: { interceptors } });
    const echo = daemon.client(Echo);
    const before = wire.fromDaemon.length;
    const call = async (kind: (typeof calls)[number], options: object): Promise<void> => {
      const given = options as CallOptions;
      if (kind === "unary") await echo.unary({ key: "k" }, given);
      else if (kind === "up") await echo.up([{ key: "k" }], given);
      else for await (const _each of kind === "down" ? echo.down({ key: "k" }, given) : echo.both([], given));
    };
    for (const kind of calls) {
      for (const name of ["timeoutMs", "signal", "metadata", "priority"]) {
        for (const [what, value] of Object.entries(wrong)) {
          // As of a default that is not set.
          if (value === null && (name === "timeoutMs" || name === "priority")) continue;
          if (takes[name]?.includes(what)) continue;
          const error = await errorOf(() => call(kind, { [name]: value }));
          expectOneLine(error, `${kind}, ${name}: ${what}`);
          const reason = name === "metadata" ? "METADATA_INVALID" : "OPTION_INVALID";
          expect(error, `${kind}, ${name}: ${what}`).toMatchObject({ reason });
        }
      }
      for (const value of [5, null, [5], ["a", null], { a: "b" }, Symbol("s"), () => {}]) {
        const error = await errorOf(() => call(kind, { metadata: { key: value } }));
        expect(error, kind).toMatchObject({ reason: "METADATA_INVALID" });
      }
    }
    expect([daemon.session.liveCalls, wire.fromDaemon.length]).toEqual([0, before]);
    await expect(echo.unary({ key: "k" }, { timeoutMs: 5_000.5, metadata: { a: ["b"] } })).resolves.toBeDefined();
  });

  test("of many sizes that no memory has", () => {
    const { daemon } = pairUp();
    for (const value of [...Object.values(wrong), 2_147_483_649, 0]) {
      expect(() => daemon.allocate(value as number)).toThrow(/^bytes is .*whole number/);
    }
    for (const value of Object.values(wrong)) {
      if (typeof value !== "function")
        expect(() => daemon.subscribe(value as never)).toThrow(/subscribe takes a function/);
    }
  });
});
