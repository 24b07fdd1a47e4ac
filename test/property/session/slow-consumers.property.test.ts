import fc from "fast-check";
import { expect, test } from "vitest";
import { MetadataCodec as PairCodec } from "../../../runtime/typescript/src/gen/crucible/ipc/v1/envelope_codec.js";
import { CrucibleError } from "../../../runtime/typescript/src/error/index.js";
import {
  growthPoolBytes,
  initialWindowBytes,
  maxGrownWindowBytes,
} from "../../../runtime/typescript/src/session/limits.js";
import { createMemoryPair } from "../../../runtime/typescript/src/transport/memory.js";
import { Echo, type EchoHandlers, type Pairing, pairUp } from "../../suites/peers.js";
import { turns } from "../../suites/raw-end.js";
import { checkWire } from "../../suites/wire-check.js";

// PROTOCOL.md, Credit: streams without end in both directions, of which the commands read some and leave others alone, for
// as long as they like. Whoever is not read stops itself and nobody else, and takes no more memory than its window.

type Side = "daemon" | "plugin";
const sides = ["daemon", "plugin"] as const;

interface Message {
  readonly key: string;
  readonly value: string;
}

/** A stream without end, from the handlers of the other side (`down`) or by way of them (`both`). */
class Flow {
  readonly side: Side;
  readonly size: number;
  readonly kind: "down" | "both";
  /** Messages that the source was asked for, and that the reader was given. */
  produced = 0;
  taken = 0;
  readonly answers: AsyncIterator<Message>;

  constructor(side: Side, kind: "down" | "both", size: number, echo: Echo, sources: Map<string, Flow>) {
    this.side = side;
    this.kind = kind;
    this.size = size;
    const name = `${sources.size}`;
    sources.set(name, this);
    const answers = kind === "down" ? echo.down({ key: name, value: "" }) : echo.both(this.source());
    this.answers = answers[Symbol.asyncIterator]();
  }

  async *source(): AsyncGenerator<Message> {
    for (;;) yield { key: `${this.produced++}`, value: "x".repeat(this.size) };
  }

  /** Bytes that are under way or wait to be read, at most, by what the source was asked for. */
  get underWay(): number {
    return (this.produced - this.taken) * this.size;
  }
}

/** An upload whose handler takes one message and then waits until it may go on. */
interface Upload {
  readonly done: Promise<Message>;
  readonly count: number;
  readonly goOn: () => void;
}

class System {
  readonly pairing: Pairing;
  readonly flows: Flow[] = [];
  readonly uploads: Upload[] = [];
  readonly #sources = new Map<string, Flow>();
  readonly #gates = new Map<string, Promise<void>>();
  #holding: { readonly until: Promise<void>; readonly release: () => void } | undefined;
  /** Whether each event is on its way: one may be refused, where too much waits. */
  readonly events: Promise<boolean>[] = [];
  readonly #waitingBytes: Record<Side, number> = { daemon: 0, plugin: 0 };
  heard = 0;

  constructor(maxChunkBytes: number, highWaterMarkBytes: number, encryption: "sensitive" | "everything") {
    const handlers: Partial<EchoHandlers> = {
      down: ({ key }) => this.#sources.get(key)!.source(),
      up: async (requests) => {
        let count = 0;
        for await (const { key } of requests) if (count++ === 0) await this.#gates.get(key);
        return { key: "", value: String(count) };
      },
    };
    const memory = createMemoryPair({ maxChunkBytes, highWaterMarkBytes });
    this.pairing = pairUp({ daemon: { handlers }, plugin: { handlers } }, memory, { encryption });
    for (const side of sides) {
      this.pairing[side].subscribe(async () => {
        await this.#holding?.until;
        this.heard++;
      });
    }
  }

  echo(side: Side): Echo {
    return this.pairing[side].client(Echo);
  }

  open(side: Side, kind: "down" | "both", size: number): void {
    this.flows.push(new Flow(side, kind, size, this.echo(side), this.#sources));
  }

  upload(side: Side, count: number, size: number): void {
    const name = `upload ${this.#gates.size}`;
    let goOn!: () => void;
    this.#gates.set(name, new Promise((resolve) => (goOn = resolve)));
    const message = { key: name, value: "y".repeat(size) };
    const done = this.echo(side).up(Array.from({ length: count }, () => message));
    done.catch(() => {});
    this.uploads.push({ done, count, goOn });
  }

  publish(side: Side, size: number): void {
    const published = this.pairing[side].publish("a.b", PairCodec, { key: "e", value: "z".repeat(size) });
    // One that has begun to leave waits no longer, and lies in the queue until all of it has left.
    const isFull = this.#waitingBytes[side] + largestEventBytes > maxQueuedBytes;
    this.#waitingBytes[side] += size;
    const told = published.then(
      () => true,
      (error: CrucibleError) => {
        if (error.reason !== "TOO_MANY_CALLS" || !isFull) throw error;
        return false;
      },
    );
    told.finally(() => (this.#waitingBytes[side] -= size)).catch(() => {});
    this.events.push(told);
  }

  /** Handlers of events wait from now on. */
  hold(): void {
    if (this.#holding !== undefined) return;
    let release!: () => void;
    const until = new Promise<void>((resolve) => (release = resolve));
    this.#holding = { until, release };
  }

  release(): void {
    this.#holding?.release();
    this.#holding = undefined;
  }
}

/** What may wait of events on one side, see events.ts, and the largest that commands publish, with its envelope. */
const maxQueuedBytes = 1_048_576;
const largestEventBytes = 65_200;

/** More turns of the event loop than anything lawful takes here; it bounds the waiting for what would never come. */
const manyTurns = 3_000;

async function soon<T>(promise: Promise<T>, what: string): Promise<T> {
  const state = { settled: false };
  const noted = promise.finally(() => (state.settled = true));
  noted.catch(() => {});
  for (let i = 0; i < manyTurns && !state.settled; i++) await turns(1);
  if (!state.settled) throw new Error(`${what} waits for ever`);
  return noted;
}

/** What is true after each command, whatever is left unread. */
function assertBounded({ pairing, flows }: System): void {
  expect(pairing.closed).toEqual({});
  for (const side of sides) {
    const own = flows.filter((flow) => flow.side === side);
    // By way of the other side there are two windows. Besides: a message that was granted before it was taken for each
    // window, and those that source, handler and reader hold.
    const windows = (flow: Flow): number => (flow.kind === "both" ? 2 : 1);
    const hands = (flow: Flow): number => 6 * (flow.size + 100);
    for (const flow of own) {
      expect(flow.underWay).toBeLessThanOrEqual(windows(flow) * maxGrownWindowBytes + hands(flow));
    }
    const least = own.reduce((sum, flow) => sum + windows(flow) * initialWindowBytes + hands(flow), 0);
    const all = own.reduce((sum, flow) => sum + flow.underWay, 0);
    expect(all).toBeLessThanOrEqual(2 * growthPoolBytes + least);
  }
}

type Model = Record<string, never>;

/** A command that may be run at any time. */
class Step implements fc.AsyncCommand<Model, System, false> {
  readonly #text: string;
  readonly #act: (system: System) => Promise<void> | void;

  constructor(text: string, act: (system: System) => Promise<void> | void) {
    this.#text = text;
    this.#act = act;
  }

  check(): boolean {
    return true;
  }

  async run(_: Model, system: System): Promise<void> {
    await this.#act(system);
    await turns(1);
    assertBounded(system);
  }

  toString(): string {
    return this.#text;
  }
}

const side = fc.constantFrom(...sides);
const sizes = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 500, max: 3_000 }) },
  { weight: 2, arbitrary: fc.constantFrom(20_000, 32_700, 65_400, 65_480, 66_000) },
  { weight: 1, arbitrary: fc.integer({ min: 100_000, max: 400_000 }) },
);
const which = fc.nat(7);

const steps = [
  fc
    .tuple(side, fc.constantFrom("down" as const, "both" as const), sizes)
    .map(
      ([from, kind, size]) => new Step(`open(${from}, ${kind}, ${size})`, (system) => system.open(from, kind, size)),
    ),
  fc.tuple(which, fc.integer({ min: 1, max: 12 })).map(
    ([index, count]) =>
      new Step(`read(${index}, ${count})`, async ({ flows }) => {
        const flow = flows[index % Math.max(1, flows.length)];
        if (flow === undefined) return;
        for (let i = 0; i < count; i++) {
          const { value } = await soon(flow.answers.next(), `message ${flow.taken} of a stream`);
          expect((value as Message).key).toBe(`${flow.taken}`);
          expect((value as Message).value.length).toBe(flow.size);
          flow.taken++;
        }
      }),
  ),
  which.map(
    (index) =>
      new Step(`leave(${index})`, async ({ flows }) => {
        const [flow] = flows.splice(index % Math.max(1, flows.length), 1);
        if (flow !== undefined) await soon(flow.answers.return!(), "leaving a stream");
      }),
  ),
  fc.tuple(side, fc.constantFrom(3, 1_000, 65_480, 300_000, 2_000_000)).map(
    ([from, size]) =>
      new Step(`call(${from}, ${size})`, async (system) => {
        const value = "v".repeat(size);
        const answer = await soon(system.echo(from).unary({ key: "k", value }), `a call of ${size} bytes`);
        expect(answer.value === value).toBe(true);
      }),
  ),
  fc
    .tuple(side, fc.integer({ min: 1, max: 20 }), sizes)
    .map(
      ([from, count, size]) =>
        new Step(`upload(${from}, ${count}, ${size})`, (system) => system.upload(from, count, size)),
    ),
  fc.constant(
    new Step("finish an upload", async ({ uploads }) => {
      const upload = uploads.shift();
      if (upload === undefined) return;
      upload.goOn();
      expect((await soon(upload.done, "an upload whose handler goes on")).value).toBe(String(upload.count));
    }),
  ),
  fc.tuple(side, fc.integer({ min: 1, max: 10 }), fc.constantFrom(10, 20_000, 65_000)).map(
    ([from, count, size]) =>
      new Step(`publish(${from}, ${count}, ${size})`, (system) => {
        for (let i = 0; i < count; i++) system.publish(from, size);
      }),
  ),
  fc.constant(new Step("hold the handlers of events", (system) => system.hold())),
  fc.constant(new Step("let the handlers of events go on", (system) => system.release())),
];

/** Everything settles once nobody is held up any more. */
async function settle(system: System): Promise<void> {
  const { pairing, flows, uploads } = system;
  system.release();
  for (const flow of flows.splice(0)) await soon(flow.answers.return!(), "leaving a stream at the end");
  for (const upload of uploads.splice(0)) {
    upload.goOn();
    expect((await soon(upload.done, "an upload at the end")).value).toBe(String(upload.count));
  }
  const sent = (await soon(Promise.all(system.events), "an event at the end")).filter((isSent) => isSent).length;
  const { daemon, plugin } = pairing;
  const live = (): number => daemon.session.liveCalls + plugin.session.liveCalls;
  for (let i = 0; i < manyTurns && live() + sent > system.heard; i++) await turns(1);
  expect([daemon.session.liveCalls, plugin.session.liveCalls]).toEqual([0, 0]);
  expect(system.heard).toBe(sent);
  await turns(20);
  expect(pairing.closed).toEqual({});
  expect(pairing.failures).toEqual([]);
  checkWire(pairing.wire.fromPlugin, pairing.wire.fromDaemon);
  daemon.session.abort(new CrucibleError("SESSION_CLOSED", "the test is over"));
}

test("events are refused where too many wait, and all others are heard", async () => {
  const system = new System(1_000_000, 1_024, "sensitive");
  for (let i = 0; i < 25; i++) system.publish("plugin", 65_000);
  system.publish("daemon", 10);
  expect((await Promise.all(system.events.slice(20))).filter((isSent) => isSent)).toHaveLength(1);
  await settle(system);
  expect(system.heard).toBeLessThan(20);
});

test("who reads slowly stops itself alone, and nobody waits for ever", { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.commands<Model, System, false>(steps, { maxCommands: 40 }),
      fc.constantFrom(1_000_000, 65_536, 4_099),
      fc.constantFrom(1_024, 65_536, 262_144),
      fc.constantFrom("sensitive" as const, "everything" as const),
      async (commands, maxChunkBytes, highWaterMarkBytes, encryption) => {
        const system = new System(maxChunkBytes, highWaterMarkBytes, encryption);
        await fc.asyncModelRun(() => ({ model: {}, real: system }), commands);
        await settle(system);
      },
    ),
    { seed: 20_261_130, numRuns: Number(process.env["FUZZ_ITERATIONS"] ?? 20_000) / 250 },
  );
});
