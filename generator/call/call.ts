// `crucible-gen call`: schema, requests, a plugin launched for the purpose, responses.
//
//   template ─▶ schemas compiled ─▶ method ─▶ first request ─▶ plugin launched ─▶ call ─▶ a line for each response
//
// What the user got wrong is told before a process is started, except for requests that are still to come.
import type { Message } from "@bufbuild/protobuf";
import { buildInputs } from "../buf/build.js";
import { createStage } from "../buf/stage.js";
import { type CliHost, CommandFailure, ExitCode, writeLine } from "../commands/host.js";
import type { Progress } from "../commands/progress.js";
import { chooseTemplate, createContext, type ProjectOptions, readModels } from "../commands/project.js";
import { GeneratorError, mistake } from "../errors.js";
import { type LaunchedPlugin, launchPlugin } from "./plugin.js";
import { openRequests, readOne, type RequestSource } from "./requests.js";
import {
  type Caller,
  type CallOptions,
  loadRuntime,
  type RuntimeDoor,
  type RuntimeError,
  type RuntimeViolation,
} from "./runtime.js";
import { type CallMethod, type CallSchema, findMethod, printResponse, runtimeMethod } from "./schema.js";

/** How long the end of a lost plugin is waited for. */
const exitWaitMs = 1_000;
/** The most broken rules that are told in a line; with `--json` all are that came. */
const mostViolations = 10;

/** What `call` can be told. */
export interface CallRequest extends ProjectOptions {
  /** The plugin's program and its arguments. */
  readonly command: readonly [string, ...string[]];
  /** `package.Service/Method`. */
  readonly method: string;
  /** JSON values, `@file`, `-` for stdin; undefined for an empty request. */
  readonly data: string | undefined;
  readonly timeoutMs: number | undefined;
  readonly metadata: Readonly<Record<string, readonly string[]>>;
  /** Print fields that have their default too. */
  readonly defaults: boolean;
  /** Drop what the plugin prints. */
  readonly quiet: boolean;
  readonly host: CliHost;
  readonly progress: Progress;
}

/**
 * The schemas of the project.
 *
 * @throws GeneratorError with what is wrong in them, or when none of them is here.
 */
export async function readSchema(options: ProjectOptions): Promise<CallSchema> {
  const { template } = chooseTemplate(options);
  using stage = createStage();
  const inputs = await buildInputs(template, createContext(options, stage));
  if (inputs.built.length === 0) {
    throw mistake(`${template.path} has no input that is a folder: add one such as {directory: proto}`);
  }
  return { models: readModels(inputs), requests: inputs.built.map(({ request }) => request) };
}

/**
 * Makes one call and prints its responses.
 *
 * @throws GeneratorError for what the user got wrong, CommandFailure for a call that failed.
 */
export async function call(request: CallRequest): Promise<void> {
  const { cwd, host, progress, signal } = request;
  progress.say("compiling schemas");
  const method = findMethod(await readSchema(request), request.method);
  const runtime = await loadRuntime(cwd);
  const source = openRequests(method, request.data, cwd, () => host.stdin);
  try {
    const { shape } = method.model;
    const single = shape === "unary" || shape === "server_stream" ? await readOne(method, source) : undefined;
    progress.say("starting the plugin");
    using stage = createStage();
    const print = request.quiet ? () => {} : (line: string) => void host.stderr.write(`${line}\n`);
    let launched: LaunchedPlugin | undefined;
    try {
      launched = await launchPlugin({ ...request, runtime, stage, print });
      progress[Symbol.dispose]();
      await exchange(request, method, launched, single, source);
    } catch (error) {
      throw failureOf(error, runtime, signal, await endOf(error, launched));
    } finally {
      source.stop();
      await launched?.daemon.close({ graceMs: signal.aborted ? 0 : 1_000 });
    }
  } finally {
    source.stop();
  }
}

/** Sends what there is to send and prints what comes back. */
async function exchange(
  { host, timeoutMs, metadata, defaults, signal }: CallRequest,
  method: CallMethod,
  { plugin }: LaunchedPlugin,
  single: Message | undefined,
  source: RequestSource,
): Promise<void> {
  const { $caller } = plugin.client(Stub);
  const row = runtimeMethod(method);
  const options: CallOptions = { signal, metadata, ...(timeoutMs === undefined ? {} : { timeoutMs }) };
  let wrong: unknown;
  async function* requests(): AsyncGenerator<Message, void> {
    try {
      yield* source.read();
    } catch (error) {
      // The call ends with an error of its own; this one says why.
      wrong = error;
      throw error;
    }
  }
  const print = (message: unknown): Promise<void> =>
    writeLine(host.stdout, printResponse(method, message as Message, defaults));
  try {
    switch (method.model.shape) {
      case "unary":
        await print(await $caller.unary(row, single, options));
        break;
      case "client_stream":
        await print(await $caller.clientStream(row, requests(), options));
        break;
      case "server_stream":
        for await (const message of $caller.serverStream(row, single, options)) await print(message);
        break;
      case "bidi_stream":
        for await (const message of $caller.bidiStream(row, requests(), options)) await print(message);
    }
  } catch (error) {
    throw wrong ?? error;
  }
}

/** The stub of any service: nothing but what makes the calls. */
export class Stub {
  static readonly service: object = {};
  readonly $caller: Caller;
  constructor(caller: Caller) {
    this.$caller = caller;
  }
}

/** How the plugin has ended, for calls that have lost it: that it is gone is known a moment before why. */
async function endOf(failure: unknown, launched: LaunchedPlugin | undefined): Promise<string> {
  if (launched === undefined || (failure as Partial<RuntimeError>).reason !== "PEER_LOST") return "";
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), exitWaitMs);
  });
  const exit = await Promise.race([launched.plugin.exited, patience]);
  clearTimeout(timer);
  if (exit === undefined) return "";
  return `; the plugin has ended (${exit.signal === null ? `exit code ${exit.code}` : `killed by ${exit.signal}`})`;
}

/** One line with the reason, and an exit code that says what kind of failure it was. */
export function failureOf(
  error: unknown,
  { CrucibleError, Code, violationsOf }: RuntimeDoor,
  signal: AbortSignal,
  end = "",
): unknown {
  if (signal.aborted) return new CommandFailure(ExitCode.Interrupted, "interrupted: the plugin was ended");
  if (error instanceof GeneratorError || !(error instanceof CrucibleError)) return error;
  const { reason, code, message, retryable, started }: RuntimeError = error;
  const exitCode = ExitCode.Call + code;
  const name = Object.keys(Code).find((key) => Code[key] === code) ?? `${code}`;
  const violations = violationsOf?.(error) ?? [];
  const line = withViolations(message, violations).replaceAll(/\s*\n\s*/g, " ");
  const hint = reason === "METHOD_UNKNOWN" ? " Build the plugin again if the method is new" : "";
  return new CommandFailure(exitCode, `${reason}: ${line}${end}${hint} (exit code ${exitCode})`, {
    reason,
    code: name,
    retryable,
    started,
    ...(violations.length === 0
      ? {}
      : {
          violations: violations.map(({ fieldPath, ruleId, message: text }) => ({ fieldPath, ruleId, message: text })),
        }),
  });
}

/** A message that tells the first broken rule and how many more there are, with some of those as well. */
function withViolations(message: string, violations: readonly RuntimeViolation[]): string {
  return message.replace(/ \(and ((?:at least )?)(\d+) more\)$/, (_, least: string, more: string) => {
    const told = violations.slice(1, mostViolations);
    const texts = told.map(({ fieldPath, message: text }) => `; ${fieldPath === "" ? "" : `${fieldPath}: `}${text}`);
    const left = Number(more) - told.length;
    return texts.join("") + (left === 0 && least === "" ? "" : ` (and ${least}${left} more)`);
  });
}
