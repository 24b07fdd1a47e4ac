// `crucible-gen bench`: the same call to a plugin again and again, so many at a time.
//
// Requests are encoded once and responses are left as bytes, so that the plugin and the runtime are measured, and not how
// this command reads JSON.
import { readFileSync } from "node:fs";
import { toBinary, type Message } from "@bufbuild/protobuf";
import { createStage } from "../buf/stage.js";
import { failureOf, readSchema, Stub } from "../call/call.js";
import { launchPlugin } from "../call/plugin.js";
import { openRequests, readOne } from "../call/requests.js";
import { type Caller, type CallOptions, loadRuntime, type RuntimeError } from "../call/runtime.js";
import { type CallMethod, findMethod, runtimeMethod } from "../call/schema.js";
import type { CliHost } from "../commands/host.js";
import type { Progress } from "../commands/progress.js";
import type { ProjectOptions } from "../commands/project.js";
import { Histogram } from "./histogram.js";

/** What `bench` can be told. */
export interface BenchRequest extends ProjectOptions {
  readonly command: readonly [string, ...string[]];
  /** `package.Service/Method`. */
  readonly method: string;
  /** JSON values, `@file`, `-` for stdin; undefined for an empty request. */
  readonly data: string | undefined;
  /** Calls that are open at the same time. */
  readonly concurrency: number;
  readonly durationMs: number;
  /** Not counted, before it. */
  readonly warmUpMs: number;
  /** Of each call. */
  readonly timeoutMs: number | undefined;
  /** Takes what the plugin prints. */
  print(line: string): void;
  readonly host: CliHost;
  readonly progress: Progress;
}

/** What was measured. Times are in milliseconds. */
export interface BenchReport {
  readonly method: string;
  readonly concurrency: number;
  readonly seconds: number;
  /** Calls that were answered, and how many a second. */
  readonly calls: number;
  readonly callsPerSecond: number;
  /** Responses of all calls; more than calls for methods that give a stream. */
  readonly responses: number;
  /** Of a request and of a response, encoded; those of a stream together. */
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly latencyMs: {
    readonly mean: number;
    readonly min: number;
    readonly p50: number;
    readonly p90: number;
    readonly p99: number;
    readonly p999: number;
    readonly max: number;
  };
  /** Calls that failed, by reason. */
  readonly failed: Readonly<Record<string, number>>;
  /** What the first of each reason said. */
  readonly messages: Readonly<Record<string, string>>;
  /** What the plugin had of memory at the end; undefined where the system does not tell. */
  readonly pluginBytes: number | undefined;
}

/** What is counted of the calls. */
interface Tally {
  readonly latency: Histogram;
  responses: number;
  responseBytes: number;
  readonly failed: Map<string, number>;
  readonly messages: Map<string, string>;
}

/**
 * Launches a plugin and loads it.
 *
 * @throws GeneratorError for what the user got wrong, CommandFailure for a plugin that does not start or is lost.
 */
export async function bench(request: BenchRequest): Promise<BenchReport> {
  const { cwd, host, progress, signal, print } = request;
  progress.say("compiling schemas");
  const method = findMethod(await readSchema(request), request.method);
  const runtime = await loadRuntime(cwd);
  const bodies = await encodedRequests(method, request.data, cwd, host);
  progress.say("starting the plugin");
  using stage = createStage();
  let launched: Awaited<ReturnType<typeof launchPlugin>> | undefined;
  try {
    launched = await launchPlugin({ ...request, runtime, stage, print });
    const { plugin } = launched;
    const load = loadOf(plugin.client(Stub).$caller, method, bodies, request);
    progress.say("warming up");
    await load(request.warmUpMs);
    progress.say("calling");
    const begun = performance.now();
    const tally = await load(request.durationMs);
    const seconds = (performance.now() - begun) / 1000;
    return reportOf(request, method, bodies, tally, seconds, residentBytes(plugin.pid));
  } catch (error) {
    throw failureOf(error, runtime, signal);
  } finally {
    await launched?.daemon.close({ graceMs: signal.aborted ? 0 : 1_000 });
  }
}

async function encodedRequests(
  method: CallMethod,
  data: string | undefined,
  cwd: string,
  host: CliHost,
): Promise<Uint8Array[]> {
  const source = openRequests(method, data, cwd, () => host.stdin);
  try {
    const { shape } = method.model;
    const messages: Message[] = [];
    if (shape === "unary" || shape === "server_stream") messages.push(await readOne(method, source));
    else for await (const message of source.read()) messages.push(message);
    return messages.map((message) => toBinary(method.request, message));
  } finally {
    source.stop();
  }
}

/** Makes calls, so many at a time, until the time is over and those that were open have ended. */
function loadOf(
  caller: Caller,
  method: CallMethod,
  bodies: readonly Uint8Array[],
  { concurrency, timeoutMs, signal }: BenchRequest,
): (ms: number) => Promise<Tally> {
  const row = { ...runtimeMethod(method), request: bytesCodec, response: bytesCodec };
  const options: CallOptions = { signal, ...(timeoutMs === undefined ? {} : { timeoutMs }) };
  async function* all(): AsyncGenerator<Uint8Array, void> {
    yield* bodies;
  }
  const callOnce = async (tally: Tally): Promise<void> => {
    const take = (response: unknown): void => {
      tally.responses++;
      tally.responseBytes += (response as Uint8Array).length;
    };
    switch (method.model.shape) {
      case "unary":
        take(await caller.unary(row, bodies[0], options));
        break;
      case "client_stream":
        take(await caller.clientStream(row, all(), options));
        break;
      case "server_stream":
        for await (const response of caller.serverStream(row, bodies[0], options)) take(response);
        break;
      case "bidi_stream":
        for await (const response of caller.bidiStream(row, all(), options)) take(response);
    }
  };
  return async (ms) => {
    const tally: Tally = {
      latency: new Histogram(),
      responses: 0,
      responseBytes: 0,
      failed: new Map(),
      messages: new Map(),
    };
    const end = performance.now() + ms;
    const worker = async (): Promise<void> => {
      while (performance.now() < end) {
        signal.throwIfAborted();
        const begun = performance.now();
        try {
          await callOnce(tally);
          tally.latency.record(performance.now() - begun);
        } catch (error) {
          const { reason, message = "" } = error as Partial<RuntimeError>;
          // Without the plugin there is nothing to measure.
          if (reason === undefined || reason === "PEER_LOST" || signal.aborted) throw error;
          tally.failed.set(reason, (tally.failed.get(reason) ?? 0) + 1);
          if (!tally.messages.has(reason)) tally.messages.set(reason, message.replaceAll(/\s*\n\s*/g, " "));
          // A call that fails at once would leave no turn to anything else.
          await new Promise((resolve) => setImmediate(resolve));
        }
      }
    };
    await Promise.all(Array.from({ length: concurrency }, worker));
    return tally;
  };
}

/** Bytes stay as they are. */
const bytesCodec = {
  typeName: "bytes",
  write(message: Uint8Array, bytes: Uint8Array, offset: number): number {
    if (offset + message.length <= bytes.length) bytes.set(message, offset);
    return offset + message.length;
  },
  read: (bytes: Uint8Array, start: number, end: number): Uint8Array => bytes.slice(start, end),
};

function reportOf(
  { concurrency }: BenchRequest,
  method: CallMethod,
  bodies: readonly Uint8Array[],
  { latency, responses, responseBytes, failed, messages }: Tally,
  elapsed: number,
  pluginBytes: number | undefined,
): BenchReport {
  const seconds = Number(elapsed.toFixed(3));
  const round = (ms: number): number => Number(ms.toPrecision(4));
  const calls = latency.count;
  return {
    method: method.model.wireName,
    concurrency,
    seconds,
    calls,
    callsPerSecond: Math.round(calls / seconds),
    responses,
    requestBytes: bodies.reduce((sum, { length }) => sum + length, 0),
    responseBytes: calls === 0 ? 0 : Math.round(responseBytes / calls),
    latencyMs: {
      mean: round(latency.mean),
      min: round(latency.min),
      p50: round(latency.percentile(0.5)),
      p90: round(latency.percentile(0.9)),
      p99: round(latency.percentile(0.99)),
      p999: round(latency.percentile(0.999)),
      max: round(latency.max),
    },
    failed: Object.fromEntries([...failed].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    messages: Object.fromEntries([...messages].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    pluginBytes,
  };
}

/** The memory of a process that is its own now, as Linux tells it. */
function residentBytes(pid: number): number | undefined {
  try {
    const kilobytes = /^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}
