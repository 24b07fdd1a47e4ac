import { readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { Plugin, SessionLimits } from "../../runtime/typescript/src/daemon/index.js";
import { CrucibleError } from "../../runtime/typescript/src/index.js";
import { reasons } from "../../runtime/typescript/src/error/index.js";
import { Echo, GetResponseCodec } from "../integration/lab/gen/lab/v1/lab_daemon.js";
import {
  closeDaemons,
  createLab,
  isAlive,
  type Lab,
  namesIn,
  temporaryDirectory,
  until,
} from "../integration/support/lab.js";
import { program } from "../integration/support/programs.js";
import { TestVault } from "../integration/support/vault.js";
import { type FaultKind, FaultyWire } from "../suites/faulty-wire.js";
import { fuzzIterations, fuzzSeed, Random } from "./random.js";

// Real processes over a real socket on which things go wrong. Whatever happens to the bytes: every call settles, what answers
// is right, nothing crashes, and nothing is left.

const whole = process.env["FUZZ_ITERATIONS"] !== undefined;
/** A life takes half a second; the other fuzzers count inputs that take microseconds. */
const lives = Math.max(4, Math.ceil(fuzzIterations(0) / 20_000));
const kinds: readonly FaultKind[] = [
  ...([
    "flip",
    "flip",
    "drop",
    "double",
    "swap",
    "insert",
    "trickle",
    "trickle",
    "stall",
    "stall",
    "end",
    "cut",
  ] as const),
  // Noticed by heartbeats alone, which takes seconds.
  ...(whole ? (["silence"] as const) : []),
];
const limits: Partial<SessionLimits> = {
  heartbeatIntervalMs: 1_000,
  heartbeatMisses: 1,
  frameTimeoutMs: 500,
  handshakeTimeoutMs: 1_000,
};
/** Longer than anything may take. */
const patienceMs = 30_000;

const rejections: unknown[] = [];
const onRejection = (error: unknown): void => void rejections.push(error);
process.on("unhandledRejection", onRejection);
afterAll(() => {
  process.off("unhandledRejection", onRejection);
});

/** What this process has open. */
function openDescriptors(): string[] {
  return readdirSync("/proc/self/fd").flatMap((descriptor) => {
    try {
      return `${descriptor} ${readlinkSync(`/proc/self/fd/${descriptor}`)}`;
    } catch {
      // That of the folder itself.
      return [];
    }
  });
}

async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const one of stream) list.push(one);
  return list;
}

/** Calls of every kind, both ways, small and large; each checks its answer. */
function calls(plugin: Plugin, random: Random): Promise<void>[] {
  const echo = plugin.client(Echo);
  const options = { timeoutMs: 5_000 };
  const payload = new Uint8Array(random.pick([0, 10, 60_000, 70_000, 300_000])).fill(random.below(256));
  const upTo = random.pick([1, 50, 3_000]);
  const lines = Array.from({ length: random.pick([1, 30]) }, (_, i) => ({ line: `line ${i}` }));
  const text = "q".repeat(random.below(3_000));
  const tasks: readonly (() => Promise<void>)[] = [
    async () => {
      const answer = await echo.say({ text, payload }, options);
      expect([answer.text, Buffer.compare(answer.payload, payload)]).toEqual([text, 0]);
    },
    async () => expect((await all(echo.count({ upTo }, options))).map(({ value }) => value).at(-1)).toBe(upTo),
    async () => {
      const values = Array.from({ length: upTo }, (_, i) => ({ value: BigInt(i) }));
      expect((await echo.sum(values, options)).sum).toBe((BigInt(upTo) * BigInt(upTo - 1)) / 2n);
    },
    async () => expect(await all(echo.chat(lines, options))).toHaveLength(lines.length),
    async () => expect((await echo.whisper({ secret: text }, options)).digest).toHaveLength(64),
    async () => expect((await echo.quote({ text }, options)).text).toBe(text),
    async () => expect((await echo.act({ action: "get", argument: "k" }, options)).result).toBe("v"),
    async () => expect((await echo.act({ action: "list", argument: "" }, options)).result).toBe("k"),
    async () => plugin.publish("fuzz.event", GetResponseCodec, { value: text }, { acknowledge: true }),
    async () => {
      for await (const _ of echo.count({ upTo: 100_000 }, options)) break;
    },
    async () => {
      await expect(
        echo.act({ action: "wait", argument: "x" }, { signal: AbortSignal.timeout(20) }),
      ).rejects.toMatchObject({
        name: "CrucibleError",
      });
    },
  ];
  return Array.from({ length: 12 }, () => random.pick(tasks)());
}

/** One plugin, from its launch to its end. */
async function live(lab: Lab, id: string, random: Random, outcomes: Map<string, number>): Promise<void> {
  const count = (what: string): void => void outcomes.set(what, (outcomes.get(what) ?? 0) + 1);
  const path = join(temporaryDirectory(), "p", "faulty.sock");
  const wire = await FaultyWire.listen(path, join(lab.socketDirectory, `${id}.sock`), {
    random: new Random(random.below(2 ** 32)),
    kinds,
    spacing: random.pick([3_000, 100_000, 1_000_000]),
  });
  const judge = (error: unknown): void => {
    expect(error).toBeInstanceOf(CrucibleError);
    const { reason } = error as CrucibleError;
    expect(reasons.has(reason), reason).toBe(true);
    count(reason);
  };
  let plugin: Plugin | undefined;
  try {
    const programs = [await program("behind-proxy"), await program("echo-plugin")];
    plugin = await lab.daemon.launch({
      id,
      command: [process.execPath, ...programs, wire.address],
      connectFrom: "anywhere",
      capabilities: ["vault.read"],
      startTimeoutMs: 10_000,
      ...(random.below(3) === 0 ? { encryption: "everything" as const } : {}),
    });
    count("launched");
    for (let round = 0; round < 4 && plugin.state === "running"; round++) {
      for (const { status, ...settled } of await Promise.allSettled(calls(plugin, random))) {
        if (status === "rejected") judge((settled as PromiseRejectedResult).reason);
        else count("answered");
      }
    }
    await plugin.close({ graceMs: 200 });
    expect([plugin.state, isAlive(plugin.pid)]).toEqual(["ended", false]);
  } catch (error) {
    // What it could not even be launched for.
    if (plugin !== undefined) throw error;
    judge(error);
  } finally {
    wire.close();
  }
  for (const kind of wire.faults.keys()) count(kind);
}

test("whatever happens on the wire, calls settle and nothing is left", { timeout: whole ? 0 : 120_000 }, async () => {
  const seed = fuzzSeed();
  const random = new Random(seed);
  const outcomes = new Map<string, number>();
  const lab = await createLab({ limits, resumeTimeoutMs: 2_000, services: [new TestVault({ k: "v" })] });
  // What bundles them is a process of its own.
  await Promise.all([program("behind-proxy"), program("echo-plugin")]);
  const before = new Set(openDescriptors());
  const left = (): string[] => openDescriptors().filter((one) => !before.has(one));
  for (let more = lives; more > 0; more -= 5) {
    // Side by side: they mostly wait.
    const group = Array.from({ length: Math.min(5, more) }, (_, i) => live(lab, `life-${more - i}`, random, outcomes));
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`seed ${seed}: something hangs`)), 2 * patienceMs);
    });
    try {
      await Promise.race([Promise.all(group), patience]);
    } catch (error) {
      throw new Error(`FUZZ_SEED=${seed}: ${String(error)}`, { cause: error });
    } finally {
      clearTimeout(timer);
    }
    expect(lab.daemon.plugins(), `seed ${seed}`).toEqual([]);
    expect(namesIn(lab.socketDirectory), `seed ${seed}`).toEqual([]);
  }
  await until(() => left().length === 0, "the descriptors to be closed", 3_000).catch(() => {});
  expect(left(), `seed ${seed}`).toEqual([]);
  // A crash of either side would have left a stack.
  const stacks = lab.records.filter(({ message, error }) => /^\s+at .*:\d+/.test(message) || error !== undefined);
  expect(stacks, `seed ${seed}`).toEqual([]);
  expect(rejections, `seed ${seed}`).toEqual([]);
  expect(outcomes.get("launched") ?? 0, `seed ${seed}`).toBeGreaterThan(0);
  expect(outcomes.get("answered") ?? 0, `seed ${seed}`).toBeGreaterThan(0);
  if (whole) console.log(`seed ${seed}, ${lives} lives`, Object.fromEntries([...outcomes].toSorted()));
  await closeDaemons();
});
