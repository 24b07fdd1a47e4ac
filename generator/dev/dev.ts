// `crucible-gen dev`: a plugin under a development daemon, started anew whenever something of it changes.
//
//   a .proto changed ─▶ generate ─▶ build ─▶ plugin ended, launched again
//   a source changed ─────────────▶ build ─▶      "
//   the program changed ──────────────────▶      "
//
// What fails on the way is told, and the plugin that runs goes on.
import { join, resolve } from "node:path";
import { createStage } from "../buf/stage.js";
import { failureOf } from "../call/call.js";
import { openDaemon } from "../call/plugin.js";
import { loadRuntime, type RunningDaemon, type RunningPlugin } from "../call/runtime.js";
import { generate } from "../commands/generate.js";
import type { GenerateReport } from "../commands/generate-report.js";
import { printNote } from "../commands/print.js";
import { chooseTemplate, type ProjectOptions, slashes } from "../commands/project.js";
import { formatMistake, GeneratorError } from "../errors.js";
import { runBuild } from "./build.js";
import { isNode, programFiles, withInspector } from "./program.js";
import { type Watched, Watcher } from "./watch.js";

/** How long calls in flight may still take when the plugin is started anew, in milliseconds. */
const graceMs = 500;

/** One thing that happened. */
export type DevEvent =
  | {
      readonly event: "generated";
      readonly written: number;
      readonly deleted: number;
      readonly sources: readonly string[];
    }
  | { readonly event: "building" | "built" }
  | { readonly event: "started"; readonly pid: number; readonly methods: readonly string[]; readonly ms: number }
  | { readonly event: "ended"; readonly code: number | null; readonly signal: string | null }
  | { readonly event: "changed"; readonly files: readonly string[] }
  | { readonly event: "failed"; readonly step: "generate" | "build" | "start"; readonly errors: readonly string[] }
  | { readonly event: "log"; readonly line: string };

/** What `dev` can be told. */
export interface DevRequest extends ProjectOptions {
  readonly command: readonly [string, ...string[]];
  /** Run before a start that a change has led to. */
  readonly build: readonly [string, ...string[]] | undefined;
  /** Further files and folders to watch, relative to the working directory. */
  readonly watch: readonly string[];
  /** Address of the debugger, `host:port`; opened at each start. */
  readonly inspect: string | undefined;
  readonly skeleton: boolean;
  /** Is told what happens, as it happens. */
  readonly onEvent: (event: DevEvent) => void;
}

/** What can be asked while it runs. */
export interface DevControl {
  /** Starts the plugin anew. */
  restart(): void;
  /** Opens Node's debugger in the plugin that runs; says why it cannot, or undefined. */
  inspect(): string | undefined;
}

/**
 * Runs until the signal aborts; then no process, no socket and no temporary folder is left.
 *
 * @param ready is given what can be asked from then on.
 * @throws GeneratorError when there is nothing to run.
 */
export async function dev(request: DevRequest, ready: (control: DevControl) => void = () => {}): Promise<void> {
  const { cwd, signal } = request;
  const { template } = chooseTemplate(request);
  const runtime = await loadRuntime(cwd);
  using stage = createStage();
  const print = (line: string): void => request.onEvent({ event: "log", line });
  const { daemon, id } = await openDaemon({ runtime, stage, signal, print }, request.command);
  const schemas = template.inputs.flatMap((input) =>
    typeof input["directory"] === "string" ? [resolve(cwd, input["directory"])] : [],
  );
  using watcher = new Watcher(watchedBy(request, schemas));
  const runner = new Runner(request, daemon, id, (error) => oneLine(failureOf(error, runtime, signal)));
  const nudge = new AbortController();
  let pending = nudge;
  ready({
    restart: () => pending.abort(),
    inspect: () => runner.inspect(),
  });
  try {
    let changed: readonly string[] = [];
    let isFirst = true;
    while (!signal.aborted) {
      const isSchema = (path: string): boolean => path.endsWith(".proto") || path === join(cwd, template.path);
      const generates = isFirst || changed.some(isSchema);
      const builds = isFirst || generates || changed.length > 0;
      if ((!generates || (await runGenerate(request, watcher))) && (!builds || (await build(request))))
        await runner.start();
      isFirst = false;
      pending = new AbortController();
      changed = await watcher.next(AbortSignal.any([signal, pending.signal]));
      if (changed.length > 0) {
        const files = changed.map((path) => slashes(path.startsWith(`${cwd}/`) ? path.slice(cwd.length + 1) : path));
        request.onEvent({ event: "changed", files: files.toSorted() });
      }
    }
  } finally {
    await daemon.close({ graceMs: 0 });
  }
}

/** Launches the plugin, again and again. */
class Runner {
  readonly #request: DevRequest;
  readonly #daemon: RunningDaemon;
  readonly #id: string;
  readonly #tell: (error: unknown) => string;
  #plugin: RunningPlugin | undefined;

  constructor(request: DevRequest, daemon: RunningDaemon, id: string, tell: (error: unknown) => string) {
    this.#request = request;
    this.#daemon = daemon;
    this.#id = id;
    this.#tell = tell;
  }

  /** Ends the plugin that runs, and launches it again. */
  async start(): Promise<void> {
    const { command, cwd, inspect, signal, onEvent } = this.#request;
    const running = this.#plugin;
    this.#plugin = undefined;
    await running?.close({ graceMs });
    if (signal.aborted) return;
    const begun = performance.now();
    const launch = inspect === undefined ? { command, env: {} } : withInspector(command, inspect);
    try {
      const plugin = await this.#daemon.launch({ id: this.#id, cwd, ...launch });
      this.#plugin = plugin;
      const methods = (plugin.methods ?? []).map(({ name }) => name);
      onEvent({ event: "started", pid: plugin.pid, methods, ms: Math.round(performance.now() - begun) });
      void this.#tellEnd(plugin);
    } catch (error) {
      if (!signal.aborted) onEvent({ event: "failed", step: "start", errors: [this.#tell(error)] });
    }
  }

  async #tellEnd(plugin: RunningPlugin): Promise<void> {
    const end = await plugin.exited;
    // Not when it was ended to be started anew.
    if (this.#plugin !== plugin || this.#request.signal.aborted) return;
    this.#plugin = undefined;
    this.#request.onEvent({ event: "ended", ...end });
  }

  inspect(): string | undefined {
    const { command } = this.#request;
    if (this.#plugin === undefined) return "the plugin does not run";
    if (!isNode(command[0])) return "the program is not node: start dev with --inspect";
    process.kill(this.#plugin.pid, "SIGUSR1");
    return undefined;
  }
}

function watchedBy(request: DevRequest, schemas: readonly string[]): Watched[] {
  const { cwd, command, build: builds, watch, config } = request;
  const isSource = (path: string): boolean => /\.(?:[cm]?[jt]sx?|json)$/.test(path);
  return [
    ...schemas.map((path) => ({ path, counts: (file: string) => file.endsWith(".proto") })),
    { path: join(cwd, config ?? "buf.gen.yaml"), counts: () => true },
    // What a build of ours writes is known to have changed.
    ...(builds === undefined ? programFiles(command, cwd) : [{ path: join(cwd, "src"), counts: isSource }]),
    ...watch.map((path) => ({ path: resolve(cwd, path), counts: () => true })),
  ];
}

/** Says whether it went well. */
async function runGenerate(request: DevRequest, watcher: Watcher): Promise<boolean> {
  const { cwd, signal, onEvent } = request;
  let report: GenerateReport;
  try {
    report = await generate(request);
  } catch (error) {
    if (signal.aborted) return false;
    if (!(error instanceof GeneratorError)) throw error;
    onEvent({ event: "failed", step: "generate", errors: error.mistakes.map(formatMistake) });
    return false;
  }
  const { written, deleted, skeletons, merged, moved, notes } = report;
  const sources = [...new Set([...skeletons, ...[...moved, ...merged].map(({ path }) => path)])];
  // Its own work is no change of the user's.
  watcher.accept([...written, ...deleted, ...sources, report.config.path].map((path) => resolve(cwd, path)));
  onEvent({ event: "generated", written: written.length, deleted: deleted.length, sources });
  for (const note of notes) onEvent({ event: "log", line: printNote(note) });
  return true;
}

/** Says whether it went well, or there is nothing to build. */
async function build(request: DevRequest): Promise<boolean> {
  const { build: command, cwd, env, signal, onEvent } = request;
  if (command === undefined) return true;
  onEvent({ event: "building" });
  const lines: string[] = [];
  const problem = await runBuild({ command, cwd, env, signal, print: (line) => void lines.push(safe(line)) });
  if (signal.aborted) return false;
  if (problem !== undefined) onEvent({ event: "failed", step: "build", errors: [...lines, problem] });
  else onEvent({ event: "built" });
  return problem === undefined;
}

function oneLine(error: unknown): string {
  return safe(error instanceof Error ? error.message : String(error));
}

/** A terminal must not obey what programs print. */
function safe(text: string): string {
  // oxlint-disable-next-line no-control-regex -- Reason: control characters are what has to go.
  return text.replaceAll(/\u001b\[[0-9;]*m/g, "").replaceAll(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g, "·");
}
