// `crucible-gen conform`: one case after the other against a plugin that is launched as often as that takes.
import { Buffer } from "node:buffer";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createStage } from "../buf/stage.js";
import { GeneratorError, mistake } from "../errors.js";
import { serviceName } from "./calls.js";
import type { CaseHost, ConformanceCase } from "./case.js";
import { breachCases } from "./cases/breaches.js";
import { callingCases } from "./cases/calling.js";
import { controlCases } from "./cases/control.js";
import { flowCases } from "./cases/flow.js";
import { openingCases } from "./cases/opening.js";
import { sessionCases } from "./cases/sessions.js";
import { NeverDialled } from "./wire/arrivals.js";
import { Nonconformance } from "./wire/connection.js";
import { type Bench, type Behaviour, hostedMethods, Session } from "./wire/session.js";

/** What the system's address of a socket holds at least, everywhere, without the name of the socket. */
const roomForFolder = 103 - "/01234567.sock".length;

/** Every case, in the order in which they run. */
export const conformanceCases: readonly ConformanceCase[] = [
  ...openingCases,
  ...callingCases,
  ...flowCases,
  ...breachCases,
  ...controlCases,
  ...sessionCases,
];

/** What became of one case. */
export interface CaseResult {
  readonly name: string;
  readonly section: string;
  /** What is demanded of the plugin. */
  readonly demands: string;
  readonly passed: boolean;
  /** What was wrong; empty when it passed. */
  readonly problem: string;
  readonly ms: number;
}

/** What `conform` can be told. */
export interface ConformRequest {
  readonly command: readonly [string, ...string[]];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** The cases to run. */
  readonly cases: readonly ConformanceCase[];
  readonly signal: AbortSignal;
  /** How long a plugin may take for anything that it has to do at once, in milliseconds. Default: 5,000. */
  readonly patienceMs?: number;
  /** Takes what the plugin prints, a line at a time, safe to show. */
  print(line: string): void;
  /** Is told each result as it comes. */
  onResult(result: CaseResult): void;
}

/**
 * Chooses cases by their names or what these begin with.
 *
 * @throws GeneratorError when a name fits none.
 */
export function chooseCases(names: readonly string[]): readonly ConformanceCase[] {
  const fits = (name: string, wanted: string): boolean => name === wanted || name.startsWith(`${wanted}/`);
  for (const wanted of names) {
    if (conformanceCases.some(({ name }) => fits(name, wanted))) continue;
    throw mistake(`there is no case ${wanted}: crucible-gen conform --list shows all`);
  }
  return conformanceCases.filter(({ name }) => names.length === 0 || names.some((wanted) => fits(name, wanted)));
}

/**
 * Runs cases. A program that does not dial in the first one is not tried further.
 *
 * @throws GeneratorError when the program cannot be started at all, or does not implement the service; what the signal aborts throws its reason.
 */
export async function conform(request: ConformRequest): Promise<CaseResult[]> {
  const { command, cwd, env, signal } = request;
  using stage = createStage();
  // A long TMPDIR leaves no room for a socket.
  const folder = Buffer.byteLength(stage.root) <= roomForFolder ? stage.root : mkdtempSync("/tmp/crucible-gen-");
  const bench: Bench = {
    command,
    cwd,
    env,
    folder,
    patienceMs: request.patienceMs ?? 5_000,
    print: (line) => request.print(line),
  };
  const results: CaseResult[] = [];
  let shared: Session | undefined;
  const own = new Set<Session>();
  const endShared = async (): Promise<void> => {
    const ending = shared;
    shared = undefined;
    await ending?.[Symbol.asyncDispose]();
  };
  let [dialled, isHopeless] = [false, false];
  const open = async (behaviour: Behaviour = {}): Promise<Session> => {
    try {
      const session = await Session.open(bench, behaviour);
      dialled = true;
      return session;
    } catch (error) {
      if (error instanceof NeverDialled) isHopeless = !dialled;
      else dialled = true;
      throw error;
    }
  };
  const host: CaseHost = {
    async session() {
      shared ??= await open();
      assertHosts(shared);
      return shared;
    },
    async open(behaviour: Behaviour = {}) {
      const session = await open(behaviour);
      own.add(session);
      assertHosts(session);
      return session;
    },
  };
  const abort = (): void => {
    for (const session of [...own, ...(shared === undefined ? [] : [shared])]) session.process.kill();
  };
  signal.addEventListener("abort", abort, { once: true });
  try {
    for (const one of request.cases) {
      signal.throwIfAborted();
      const started = performance.now();
      const problem = await attempt(one, host);
      signal.throwIfAborted();
      // Whatever was left in a session by a case that failed must not fail the next one.
      if (one.ends === true || problem !== "" || shared?.connection.closed === true) await endShared();
      for (const session of own) await session[Symbol.asyncDispose]();
      own.clear();
      const { name, section, demands } = one;
      const ms = Math.round(performance.now() - started);
      const result = { name, section, demands, passed: problem === "", problem, ms };
      results.push(result);
      request.onResult(result);
      // What has not dialled once would fail every case in the same way.
      if (isHopeless) break;
    }
    return results;
  } finally {
    signal.removeEventListener("abort", abort);
    await endShared();
    for (const session of own) await session[Symbol.asyncDispose]();
    if (folder !== join(stage.root)) rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Without the service nothing can be tried: that is told once, not for each case. One that lacks some methods fails the cases
 * that need them.
 *
 * @throws GeneratorError when the plugin has registered without any of it.
 */
function assertHosts({ introduction }: Session): void {
  if (introduction === undefined) return;
  const names = hostedMethods(introduction.register).map(({ name }) => name.slice(0, name.lastIndexOf("/")));
  if (names.includes(serviceName)) return;
  const [first, ...others] = new Set(names);
  const more = others.length === 0 ? "" : ` and ${others.length} more`;
  const hosts = first === undefined ? "hosts nothing" : `hosts ${oneLine(first).slice(0, 100)}${more}`;
  throw mistake(
    `the plugin ${hosts}, not ${serviceName}, which every case calls: implement what crucible-gen conform --schema prints`,
  );
}

/** What is wrong with the plugin; empty when nothing is. */
async function attempt(one: ConformanceCase, host: CaseHost): Promise<string> {
  try {
    await one.run(host);
    return "";
  } catch (error) {
    if (error instanceof GeneratorError) throw error;
    if (error instanceof Nonconformance) return oneLine(error.message);
    // What a peer sends may be anything: what cannot be read is its fault.
    return `what it sent cannot be read (${oneLine(error instanceof Error ? error.message : String(error))})`;
  }
}

/** What a plugin says is untrusted: one line that no terminal obeys. */
function oneLine(text: string): string {
  // oxlint-disable-next-line no-control-regex -- Reason: control characters are what has to go.
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ").slice(0, 500);
}
