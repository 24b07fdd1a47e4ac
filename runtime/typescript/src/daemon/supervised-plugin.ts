import type { Clock } from "../clock/clock.js";
import { CrucibleError } from "../error/index.js";
import { type Names, optionInvalid, readOptions } from "../error/options.js";
import { shown } from "../error/text.js";
import type { LogSink } from "../observe/log.js";
import { LazyStream } from "../rpc/lazy-stream.js";
import type { Caller, ServiceClient, ServiceClientClass } from "../rpc/service.js";
import { throwLater } from "../session/throw-later.js";
import { createDeferred, type Deferred } from "./deferred.js";
import type { Plugin } from "./launched-plugin.js";
import { checkLaunch, type CloseOptions, launchNames, type LaunchOptions } from "./options.js";
import { resolveRestart, RestartBudget, type RestartOptions, type RestartRules } from "./restart.js";

/** Which process to start, and when to start it again. */
export interface SuperviseOptions extends LaunchOptions {
  /** Default: on failure, five times a minute at most; see RestartOptions. */
  readonly restart?: RestartOptions;
  /** Is given each process that runs, the first one too: the place to subscribe to its events. */
  readonly onStart?: (plugin: Plugin) => void;
}

/** The same, checked. */
export interface CheckedSupervision {
  readonly launch: LaunchOptions;
  readonly rules: RestartRules;
  readonly onStart: ((plugin: Plugin) => void) | undefined;
}

const superviseNames: Names<SuperviseOptions> = { ...launchNames, restart: true, onStart: true };

/** @throws CrucibleError PLUGIN_ID_INVALID or OPTION_INVALID, before anything is started. */
export function checkSupervise(given: SuperviseOptions): CheckedSupervision {
  const { restart, onStart, ...launch } = readOptions("supervise", given, superviseNames);
  if (onStart !== undefined && typeof onStart !== "function") {
    throw optionInvalid(`onStart is ${shown(onStart)}; it is a function that takes a plugin`);
  }
  return { launch: checkLaunch(launch), rules: resolveRestart(restart), onStart };
}

/**
 * Where a supervised plugin is on its way.
 *
 *   running ──ends by itself──▶ waiting ──its pause is over──▶ starting ──registered──▶ running
 *   starting ──fails──▶ waiting
 *   running, starting ──fails, no restart left──▶ failed
 *   any but failed ──close(), revoke(), or it says that it stops──▶ ended
 *
 * `failed` and `ended` are final.
 */
export type SupervisionState = "running" | "waiting" | "starting" | "failed" | "ended";

/** @internal What a daemon gives. */
export interface SupervisionParts {
  readonly id: string;
  readonly clock: Clock;
  readonly log: LogSink;
  readonly rules: RestartRules;
  readonly onStart: ((plugin: Plugin) => void) | undefined;
  launch(): Promise<Plugin>;
  /** Ends a launch that is under way. */
  abort(): void;
  /** It is final. */
  onEnded(): void;
}

/** A plugin that is started again when it fails. */
export class SupervisedPlugin {
  readonly id: string;
  /** Resolves when it is not started any more; `state` says whether it had to be given up. Never rejects. */
  readonly ended: Promise<void>;
  readonly #parts: SupervisionParts;
  readonly #budget: RestartBudget;
  readonly #end: Deferred<void> = createDeferred<void>();
  readonly #caller: Caller;
  #state: SupervisionState = "starting";
  #plugin: Plugin | undefined;
  /** Of those who wait for a process that runs. */
  #waiting: Deferred<Plugin> | undefined;
  #restarts = 0;
  /** When the next start is due, on the monotonic clock. */
  #dueMs = 0;
  #cancel: (() => void) | undefined;
  #starting: Promise<unknown> = Promise.resolve();

  /** @internal Supervised plugins come from `Daemon.supervise`. */
  constructor(parts: SupervisionParts) {
    this.#parts = parts;
    this.id = parts.id;
    this.ended = this.#end.promise;
    this.#budget = new RestartBudget(parts.rules, parts.clock);
    this.#caller = forward(() => this.#current());
  }

  get state(): SupervisionState {
    return this.#state;
  }

  /** The process that runs, or that was the last to run. Undefined before the first. */
  get plugin(): Plugin | undefined {
    return this.#plugin;
  }

  /** How often it was started again. */
  get restarts(): number {
    return this.#restarts;
  }

  /**
   * A stub that outlives its process: each call goes to the process that runs. While there is none, calls fail at once with
   * PEER_LOST, retryable, and `retryAfterMs` says when the next start is due; `whenRunning` waits for it. Calls in
   * flight when a process ends fail with PEER_LOST as well. Once it is given up, calls fail with PLUGIN_EXITED.
   */
  client<Stub extends ServiceClient>(type: ServiceClientClass<Stub>): Stub {
    return new type(this.#caller);
  }

  /** Resolves with the process that runs, as soon as one does. @throws CrucibleError PLUGIN_EXITED or SHUTTING_DOWN. */
  async whenRunning(): Promise<Plugin> {
    if (this.#state === "running" && this.#plugin !== undefined) return this.#plugin;
    if (this.#isFinal()) throw this.#unavailable();
    return (this.#waiting ??= createDeferred<Plugin>()).promise;
  }

  /** Ends it in order, as `Plugin.close` does, and starts it no more. May be called twice. */
  async close(options: CloseOptions = {}): Promise<void> {
    this.#settle("ended");
    this.#parts.abort();
    await this.#starting.catch(() => {});
    await this.#plugin?.close(options);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @internal The first start. @throws CrucibleError what `launch` throws. */
  async start(): Promise<void> {
    try {
      this.#adopt(await this.#launch());
    } catch (error) {
      this.#settle("ended");
      throw error;
    }
  }

  /** @internal The daemon closes, and its plugins with it. */
  stop(): void {
    this.#settle("ended");
  }

  async #launch(): Promise<Plugin> {
    // Kept before anybody hears of it: close() ends what has started meanwhile.
    const starting = this.#parts.launch().then((plugin) => (this.#plugin = plugin));
    this.#starting = starting.catch(() => {});
    return starting;
  }

  #adopt(plugin: Plugin): void {
    // Closed while it started: close() waits for it and ends it.
    if (this.#isFinal()) return;
    this.#state = "running";
    this.#waiting?.resolve(plugin);
    this.#waiting = undefined;
    void plugin.exited.then(() => this.#onExit(plugin));
    try {
      this.#parts.onStart?.(plugin);
    } catch (error) {
      throwLater(error);
    }
  }

  #onExit(plugin: Plugin): void {
    if (this.#isFinal()) return;
    if (plugin.endedInOrder) this.#settle("ended");
    else this.#later();
  }

  /** It has failed: starts it again after a pause, or gives it up. */
  #later(): void {
    const { id, clock, log, rules } = this.#parts;
    const delayMs = this.#budget.take();
    if (delayMs === undefined) {
      const often = rules.policy === "never" ? "" : `, ${rules.maxRestarts} restarts within ${rules.windowMs} ms`;
      const message = `plugin ${id} is not started again${often}: put right what ends it, then supervise it anew`;
      log({ level: "error", pluginId: id, reason: "PLUGIN_EXITED", message });
      this.#settle("failed");
      return;
    }
    this.#state = "waiting";
    this.#dueMs = clock.monotonicMs() + delayMs;
    const count = `restart ${this.#budget.taken} of at most ${rules.maxRestarts} within ${rules.windowMs} ms`;
    log({ level: "warn", pluginId: id, message: `plugin ${id} is started again in ${delayMs} ms (${count})` });
    // The clock's timer lets the process end; a daemon that waits for its only plugin must not.
    const hold = setInterval(() => {}, 2_147_483_647);
    const stop = clock.after(delayMs, () => {
      clearInterval(hold);
      void this.#restart();
    });
    this.#cancel = () => {
      clearInterval(hold);
      stop();
    };
  }

  async #restart(): Promise<void> {
    const { id, log } = this.#parts;
    this.#state = "starting";
    this.#restarts++;
    try {
      const plugin = await this.#launch();
      log({ level: "info", pluginId: id, message: `plugin ${id} runs again (pid ${plugin.pid})` });
      this.#adopt(plugin);
    } catch (error) {
      if (this.#isFinal()) return;
      const { reason, message } = CrucibleError.from(error, "PLUGIN_EXITED");
      log({ level: "error", pluginId: id, reason, message });
      this.#later();
    }
  }

  #settle(state: "failed" | "ended"): void {
    if (this.#isFinal()) return;
    this.#state = state;
    this.#cancel?.();
    this.#waiting?.reject(this.#unavailable());
    this.#parts.onEnded();
    this.#end.resolve();
  }

  #isFinal(): boolean {
    return this.#state === "failed" || this.#state === "ended";
  }

  /** What takes a call now. @throws CrucibleError when nothing does. */
  #current(): Caller {
    // A process that has ended in order says so itself.
    const takes = this.#state === "running" || this.#state === "ended";
    if (takes && this.#plugin !== undefined) return this.#plugin.caller;
    throw this.#unavailable();
  }

  #unavailable(): CrucibleError {
    const { id, clock } = this.#parts;
    if (this.#state === "failed") {
      return new CrucibleError("PLUGIN_EXITED", `plugin ${id} has failed too often and is not started again`);
    }
    if (this.#state === "ended") return new CrucibleError("SHUTTING_DOWN", `plugin ${id} was closed`);
    const dueMs = Math.max(1, Math.ceil(this.#dueMs - clock.monotonicMs()));
    const when = this.#state === "waiting" ? `in ${dueMs} ms` : "now";
    return new CrucibleError("PEER_LOST", `plugin ${id} has ended and is started again ${when}; call it again then`, {
      retryAfterMs: dueMs,
    });
  }
}

/** Calls that go to whatever `current` gives at the time; what it throws is how they fail. */
function forward(current: () => Caller): Caller {
  return {
    unary: (method, request, options) => attempt(() => current().unary(method, request, options)),
    clientStream: (method, requests, options) => attempt(() => current().clientStream(method, requests, options)),
    serverStream: (method, request, options) => lazily(() => current().serverStream(method, request, options)),
    bidiStream: (method, requests, options) => lazily(() => current().bidiStream(method, requests, options)),
  };
}

function attempt<T>(call: () => Promise<T>): Promise<T> {
  try {
    return call();
  } catch (error) {
    return Promise.reject(error as CrucibleError);
  }
}

function lazily<T>(open: () => AsyncIterable<T>): AsyncIterable<T> {
  return new LazyStream(open) as AsyncIterable<T>;
}
