// A daemon, and processes with its plugins.
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Node } from "../nodes.js";
import { Worker } from "../workers.js";
import type { DaemonAnswer, DaemonQuestion } from "./daemon.js";
import type { PluginsAnswer, PluginsQuestion } from "./plugins.js";
import { bundleWorker, removeWorkers } from "./program.js";
import type { RawAnswer, RawQuestion } from "./raw.js";

/** Tickets made at one time: a token lives a minute. */
const batch = 100;

/** A daemon in a process of its own and its plugins in some others; each process has descriptors of its own. */
export class Fleet {
  readonly #folder: string;
  readonly #daemon: Worker<DaemonQuestion, DaemonAnswer>;
  readonly #plugins: readonly Worker<PluginsQuestion, PluginsAnswer>[];
  #open = 0;

  private constructor(
    folder: string,
    daemon: Worker<DaemonQuestion, DaemonAnswer>,
    plugins: readonly Worker<PluginsQuestion, PluginsAnswer>[],
  ) {
    this.#folder = folder;
    this.#daemon = daemon;
    this.#plugins = plugins;
  }

  static async start(node: Node, processes: number): Promise<Fleet> {
    const folder = mkdtempSync("/tmp/crucible-bench-");
    const [daemonScript, pluginsScript] = [await bundleWorker("daemon"), await bundleWorker("plugins")];
    const daemon = await Worker.start<DaemonQuestion, DaemonAnswer>(node, daemonScript, "crucible", folder);
    const plugins: Worker<PluginsQuestion, PluginsAnswer>[] = [];
    for (let i = 0; i < processes; i++) {
      plugins.push(await Worker.start<PluginsQuestion, PluginsAnswer>(node, pluginsScript, `plugins ${i + 1}`));
    }
    return new Fleet(folder, daemon, plugins);
  }

  /** Opens sessions until there are `count`. */
  async grow(count: number, keep: boolean): Promise<void> {
    while (this.#open < count) {
      const some = Math.min(batch, count - this.#open);
      const { tickets } = await this.#daemon.ask({ do: "invite", count: some, keep });
      const place = Math.floor(this.#open / batch) % this.#plugins.length;
      await this.#plugins[place]!.ask({ tickets });
      this.#open += some;
    }
  }

  measure(): Promise<DaemonAnswer> {
    return this.#daemon.ask({ do: "measure" });
  }

  load(ms: number, inFlight: number): Promise<DaemonAnswer> {
    return this.#daemon.ask({ do: "load", ms, inFlight });
  }

  /** What the processes of the plugins take together, and how many sessions they have lost. */
  async measurePlugins(): Promise<PluginsAnswer> {
    const all = await Promise.all(this.#plugins.map((plugins) => plugins.ask({ tickets: [] })));
    const sum = (of: (one: PluginsAnswer) => number): number => all.reduce((total, one) => total + of(one), 0);
    return {
      rss: sum(({ rss }) => rss),
      heap: sum(({ heap }) => heap),
      buffers: sum(({ buffers }) => buffers),
      open: sum(({ open }) => open),
      lost: sum((one) => one.lost),
    };
  }

  end(): void {
    for (const worker of [...this.#plugins, this.#daemon]) worker.end();
    removeWorkers();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Bare sockets between two processes. */
export class RawPair {
  readonly #folder: string;
  readonly #server: Worker<RawQuestion, RawAnswer>;
  readonly #client: Worker<RawQuestion, RawAnswer>;
  #open = 0;

  private constructor(folder: string, server: Worker<RawQuestion, RawAnswer>, client: Worker<RawQuestion, RawAnswer>) {
    this.#folder = folder;
    this.#server = server;
    this.#client = client;
  }

  static async start(node: Node): Promise<RawPair> {
    const folder = mkdtempSync("/tmp/crucible-bench-");
    const path = join(folder, "raw.sock");
    const script = await bundleWorker("raw");
    const server = await Worker.start<RawQuestion, RawAnswer>(node, script, "raw", path);
    const client = await Worker.start<RawQuestion, RawAnswer>(node, script, "raw", path, "client");
    return new RawPair(folder, server, client);
  }

  async grow(count: number): Promise<void> {
    await this.#client.ask({ count: count - this.#open });
    this.#open = count;
  }

  measure(): Promise<RawAnswer> {
    return this.#server.ask({ count: 0 });
  }

  end(): void {
    this.#server.end();
    this.#client.end();
    removeWorkers();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
