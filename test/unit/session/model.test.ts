import fc from "fast-check";
import { expect, test } from "vitest";
import { CrucibleError } from "../../../runtime/typescript/src/error/index.js";
import type { HandlerContext } from "../../../runtime/typescript/src/rpc/service.js";
import { MetadataCodec as PairCodec } from "../../../runtime/typescript/src/gen/crucible/ipc/v1/envelope_codec.js";
import { createMemoryPair } from "../../../runtime/typescript/src/transport/memory.js";
import { Echo, type EchoHandlers, pairUp } from "../../suites/peers.js";
import { turns } from "../../suites/raw-end.js";
import { checkWire } from "../../suites/wire-check.js";

// Both ends make random calls of all kinds at once, with sizes around every limit, slow readers, cancels, deadlines, early
// answers and failures. The model: each call ends once, with its content or an error that the plan allows.

/** What one call does. The handler reads the part that is its own from the request, or from the metadata. */
interface Plan {
  readonly from: "daemon" | "plugin";
  readonly kind: "unary" | "secret" | "down" | "up" | "both" | "event";
  /** Sizes of requests, and of the answers that the handler gives. */
  readonly up: readonly number[];
  readonly down: readonly number[];
  /** Turns of the event loop: before the call, between messages at each end. */
  readonly startTurns: number;
  readonly sourceTurns: number;
  readonly readerTurns: number;
  readonly handlerTurns: number;
  /** The handler takes this many requests and then answers; -1 for all. */
  readonly takes: number;
  /** The caller reads this many answers and leaves; -1 for all. */
  readonly reads: number;
  readonly fails: boolean;
  /** The caller's source of requests throws instead of ending. */
  readonly sourceFails: boolean;
  /** The signal aborts after this many turns; -1 never. */
  readonly abortTurns: number;
  readonly timeoutMs: number;
}

const sizes = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 300 }) },
  { weight: 2, arbitrary: fc.constantFrom(20_000, 32_700, 65_400, 65_470, 65_480, 65_492, 65_536, 66_000) },
  { weight: 1, arbitrary: fc.integer({ min: 60_000, max: 400_000 }) },
);
const few = fc.oneof(
  { weight: 5, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 4 }) },
);
const rarely = (least: number, most: number): fc.Arbitrary<number> =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(-1) }, { weight: 1, arbitrary: fc.integer({ min: least, max: most }) });
const seldom = fc.oneof({ weight: 7, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) });

const plan: fc.Arbitrary<Plan> = fc.record({
  from: fc.constantFrom("daemon", "plugin"),
  kind: fc.constantFrom("unary", "secret", "down", "up", "both", "event"),
  up: fc.array(sizes, { minLength: 1, maxLength: 8 }),
  down: fc.array(sizes, { minLength: 1, maxLength: 8 }),
  startTurns: fc.integer({ min: 0, max: 6 }),
  sourceTurns: few,
  readerTurns: few,
  handlerTurns: few,
  takes: rarely(0, 4),
  reads: rarely(1, 4),
  fails: seldom,
  sourceFails: seldom,
  abortTurns: rarely(0, 12),
  timeoutMs: fc.oneof(
    { weight: 6, arbitrary: fc.constant(60_000) },
    { weight: 1, arbitrary: fc.constantFrom(0, 1, 3) },
  ),
});

interface Message {
  readonly key: string;
  readonly value: string;
}

/** The message number `index` of `plan`: its size and where it stands can be told from its content. */
function messageOf(index: number, size: number): Message {
  return { key: `${index}`, value: String.fromCharCode(97 + (index % 26)).repeat(size) };
}
const upOf = ({ up }: Plan): Message[] => up.map((size, i) => messageOf(i, size));
const downOf = ({ down }: Plan): Message[] => down.map((size, i) => messageOf(i + 13, size));
const same = (a: Message, b: Message | undefined): boolean => a.key === b?.key && a.value === b.value;

class Planned extends Error {}

const planOf = (plans: readonly Plan[], context: HandlerContext): Plan =>
  plans[Number(context.metadata.get("plan")![0])]!;

function handlersOf(plans: readonly Plan[], wrong: string[]): Partial<EchoHandlers> {
  const one = async (request: Message, context: HandlerContext): Promise<Message> => {
    const own = planOf(plans, context);
    if (!same(upOf(own)[0]!, request)) wrong.push("unary request differs");
    if (own.handlerTurns > 0) await turns(own.handlerTurns);
    if (own.fails) throw new Planned("planned");
    return downOf(own)[0]!;
  };
  return {
    unary: one,
    secret: one,
    async *down(request, context) {
      const own = planOf(plans, context);
      if (!same(upOf(own)[0]!, request)) wrong.push("down request differs");
      for (const message of downOf(own)) {
        if (own.handlerTurns > 0) await turns(own.handlerTurns);
        yield message;
      }
      if (own.fails) throw new Planned("planned");
    },
    async up(requests, context) {
      const own = planOf(plans, context);
      await take(own, requests, wrong);
      if (own.fails) throw new Planned("planned");
      return downOf(own)[0]!;
    },
    async *both(requests, context) {
      const own = planOf(plans, context);
      const answers = downOf(own);
      let taken = 0;
      for await (const request of requests) {
        if (!same(upOf(own)[taken]!, request)) wrong.push(`both request ${taken} differs`);
        if (own.handlerTurns > 0) await turns(own.handlerTurns);
        const answer = answers[taken];
        if (answer !== undefined) yield answer;
        taken++;
        if (taken === own.takes) break;
      }
      if (own.fails) throw new Planned("planned");
      for (const answer of answers.slice(taken)) yield answer;
    },
  };
}

async function take(own: Plan, requests: AsyncIterable<Message>, wrong: string[]): Promise<void> {
  const expected = upOf(own);
  let taken = 0;
  if (own.takes === 0) return;
  for await (const request of requests) {
    if (!same(expected[taken]!, request)) wrong.push(`up request ${taken} differs`);
    if (own.handlerTurns > 0) await turns(own.handlerTurns);
    if (++taken === own.takes) return;
  }
  if (taken !== expected.length) wrong.push(`up ended after ${taken}`);
}

async function* sourceOf(own: Plan): AsyncGenerator<Message> {
  for (const message of upOf(own)) {
    if (own.sourceTurns > 0) await turns(own.sourceTurns);
    yield message;
  }
  if (own.sourceFails) throw new Planned("planned");
}

/** Makes the call; returns what was wrong with its end, if anything. */
async function run(
  own: Plan,
  index: number,
  echo: Echo,
  publish: (message: Message) => Promise<void>,
): Promise<string[]> {
  await turns(own.startTurns);
  const controller = new AbortController();
  if (own.abortTurns >= 0) void turns(own.abortTurns).then(() => controller.abort());
  const options = { metadata: { plan: String(index) }, signal: controller.signal, timeoutMs: own.timeoutMs };
  const expected = downOf(own);
  const wrong: string[] = [];
  let read = 0;
  const readAll = async (answers: AsyncIterable<Message>): Promise<void> => {
    for await (const answer of answers) {
      if (!same(expected[read]!, answer)) wrong.push(`answer ${read} differs`);
      read++;
      if (own.readerTurns > 0) await turns(own.readerTurns);
      if (read === own.reads) return;
    }
    if (read !== expected.length) wrong.push(`answers ended after ${read} of ${expected.length}`);
    if (own.fails) wrong.push("it should have failed");
  };
  const single = async (answer: Promise<Message>): Promise<void> => {
    if (!same(expected[0]!, await answer)) wrong.push("answer differs");
    if (own.fails) wrong.push("it should have failed");
  };
  try {
    if (own.kind === "unary") await single(echo.unary(upOf(own)[0]!, options));
    else if (own.kind === "secret") await single(echo.secret(upOf(own)[0]!, options));
    else if (own.kind === "down") await readAll(echo.down(upOf(own)[0]!, options));
    else if (own.kind === "up") await single(echo.up(sourceOf(own), options));
    else if (own.kind === "both") await readAll(echo.both(sourceOf(own), options));
    else await publish(upOf(own)[0]!);
  } catch (error) {
    if (!(error instanceof CrucibleError)) return [`${own.kind} threw ${String(error)}`];
    const allowed = new Set<string>();
    if (own.fails) allowed.add("HANDLER_FAILED");
    if (own.abortTurns >= 0) allowed.add("CANCELLED");
    if (own.timeoutMs < 60_000) allowed.add("DEADLINE_EXCEEDED");
    if (own.sourceFails) allowed.add("STREAM_MISUSE");
    if (!allowed.has(error.reason)) wrong.push(`${own.kind} failed: ${error.reason}: ${error.message}`);
  }
  return wrong;
}

test("whatever both ends do at once, each call ends once and as planned", { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(plan, { minLength: 1, maxLength: 40 }),
      fc.constantFrom(1_000_000, 100_000, 65_536, 4_099, 517),
      fc.constantFrom(1_024, 65_536, 262_144),
      fc.constantFrom("sensitive", "everything"),
      fc.constantFrom("off", "adaptive"),
      fc.constantFrom(0, 30_000, 200_000, 4_194_304),
      async (plans, maxChunkBytes, highWaterMarkBytes, encryption, compression, advanceBytes) => {
        const wrong: string[] = [];
        const handlers = handlersOf(plans, wrong);
        const pairing = pairUp(
          { daemon: { handlers }, plugin: { handlers } },
          createMemoryPair({ maxChunkBytes, highWaterMarkBytes }),
          { encryption, compression, advanceBytes },
        );
        const events = { daemon: 0, plugin: 0 };
        pairing.daemon.subscribe(() => void events.daemon++);
        pairing.plugin.subscribe(() => void events.plugin++);
        const ends = await Promise.all(
          plans.map((own, index) => {
            const peer = pairing[own.from];
            const publish = (message: Message): Promise<void> =>
              peer.publish("a.b", PairCodec, message, { acknowledge: true });
            return run(own, index, peer.client(Echo), publish);
          }),
        );
        expect(ends.flat()).toEqual([]);
        const { daemon, plugin } = pairing;
        for (let i = 0; i < 500 && daemon.session.liveCalls + plugin.session.liveCalls > 0; i++) await turns(2);
        expect([daemon.session.liveCalls, plugin.session.liveCalls]).toEqual([0, 0]);
        // Requests that were cancelled, and what waits to be answered for them, are on their way.
        await turns(20);
        expect(wrong).toEqual([]);
        expect(pairing.closed).toEqual({});
        expect(pairing.failures.filter((error) => !(error instanceof Planned))).toEqual([]);
        const published = plans.filter(({ kind }) => kind === "event");
        expect(events.daemon).toBe(published.filter(({ from }) => from === "plugin").length);
        expect(events.plugin).toBe(published.filter(({ from }) => from === "daemon").length);
        checkWire(pairing.wire.fromPlugin, pairing.wire.fromDaemon, advanceBytes);
        expect(
          await daemon
            .client(Echo)
            .unary({ key: "a", value: "b" }, { metadata: { plan: "-" } })
            .catch(() => 0),
        ).toBe(0);
        daemon.session.abort(new CrucibleError("SESSION_CLOSED", "the test is over"));
      },
    ),
    { seed: 20_261_122, numRuns: Number(process.env["FUZZ_ITERATIONS"] ?? 20_000) / 100 },
  );
});
