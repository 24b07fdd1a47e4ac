// The runtime that the project has installed. The generator brings none: what calls a plugin is what the project's own
// daemon would call it with.
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { mistake } from "../errors.js";

/** The error class of the runtime, as far as it is read. */
export interface RuntimeError extends Error {
  readonly reason: string;
  /** A code of gRPC, 1 to 16. */
  readonly code: number;
  readonly retryable: boolean;
  readonly started: boolean;
}

/** What a plugin said that it hosts. */
export interface HostedMethod {
  readonly name: string;
  readonly kind: number;
}

/** Makes calls: what stubs are given. */
export interface Caller {
  unary(method: object, request: unknown, options: CallOptions): Promise<unknown>;
  serverStream(method: object, request: unknown, options: CallOptions): AsyncIterable<unknown>;
  clientStream(method: object, requests: AsyncIterable<unknown>, options: CallOptions): Promise<unknown>;
  bidiStream(method: object, requests: AsyncIterable<unknown>, options: CallOptions): AsyncIterable<unknown>;
}

/** What a call may be told. */
export interface CallOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly metadata?: Readonly<Record<string, readonly string[]>>;
}

/** A plugin that runs. */
export interface RunningPlugin {
  /** Of its process. */
  readonly pid: number;
  readonly methods?: readonly HostedMethod[];
  /** How its process has ended, once it has. */
  readonly exited: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  /** Ends it in order; calls in flight may take so long. */
  close(options?: { readonly graceMs: number }): Promise<unknown>;
  client(type: new (caller: Caller) => { readonly $caller: Caller }): { readonly $caller: Caller };
}

/** A daemon. */
export interface RunningDaemon {
  launch(options: {
    readonly id: string;
    readonly command: readonly [string, ...string[]];
    readonly cwd: string;
    readonly env?: Readonly<Record<string, string | undefined>>;
  }): Promise<RunningPlugin>;
  close(options?: { readonly graceMs: number }): Promise<void>;
}

/** What is logged. */
export interface RuntimeLog {
  readonly level: string;
  readonly message: string;
  readonly stream?: string;
}

/** A broken rule of a schema. */
export interface RuntimeViolation {
  /** Such as `tags[2]`; empty for the whole message. */
  readonly fieldPath: string;
  readonly ruleId: string;
  readonly message: string;
}

/** `crucible-runtime/daemon` and of `crucible-runtime` what is named here, as far as they are used. */
export interface RuntimeDoor {
  createDaemon(options: {
    readonly name: string;
    readonly stateDirectory: string;
    readonly socketDirectory?: string;
    readonly onLog: (record: RuntimeLog) => void;
  }): Promise<RunningDaemon>;
  /** The broken rules that an error tells of; of older runtimes undefined. */
  readonly violationsOf?: ((error: RuntimeError) => readonly RuntimeViolation[]) | undefined;
  readonly CrucibleError: new (reason: string, message: string) => RuntimeError;
  readonly Code: Readonly<Record<string, number>>;
}

/**
 * Loads the runtime that a project uses.
 *
 * @throws GeneratorError when it has none.
 */
export async function loadRuntime(cwd: string): Promise<RuntimeDoor> {
  let [path, common]: string[] = [];
  try {
    const { resolve } = createRequire(join(cwd, "package.json"));
    [path, common] = [resolve("crucible-runtime/daemon"), resolve("crucible-runtime")];
  } catch {
    throw mistake(`crucible-runtime is not installed for ${cwd}: run "npm install crucible-runtime"`);
  }
  const door = (await import(pathToFileURL(path).href)) as RuntimeDoor;
  const { violationsOf } = (await import(pathToFileURL(common).href)) as RuntimeDoor;
  return { createDaemon: door.createDaemon, CrucibleError: door.CrucibleError, Code: door.Code, violationsOf };
}
