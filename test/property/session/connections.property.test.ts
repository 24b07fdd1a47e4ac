import fc from "fast-check";
import { expect, test } from "vitest";
import { CrucibleError } from "../../../runtime/typescript/src/error/index.js";
import { FrameType } from "../../../runtime/typescript/src/frame/frame.js";
import { MetadataCodec as PairCodec } from "../../../runtime/typescript/src/gen/crucible/ipc/v1/envelope_codec.js";
import type { Connection } from "../../../runtime/typescript/src/transport/transport.js";
import { type Joined, joinUp, settle } from "../../suites/joined.js";
import type { EchoHandlers } from "../../suites/peers.js";
import { turns } from "../../suites/raw-end.js";

// Both ends make calls and send events while connections come, are cut at either end, are retired by either side and are
// replaced by resumption. The model: each call ends once, with its own answer or as one that was lost with its connection; no
// handler runs twice for one call, and none that its caller was told had not started; an event that was acknowledged was
// handled once; no id is used twice; and in the end the session works.

type Side = "daemon" | "plugin";

type Step =
  | {
      readonly do: "call";
      readonly from: Side;
      readonly kind: "unary" | "secret" | "down" | "both";
      readonly size: number;
    }
  | { readonly do: "publish"; readonly from: Side; readonly size: number }
  | { readonly do: "join" | "resume" }
  | { readonly do: "cut"; readonly which: number; readonly end: 0 | 1 }
  | { readonly do: "retire"; readonly side: Side; readonly which: number }
  | { readonly do: "wait"; readonly turns: number };

const sides = fc.constantFrom<Side>("daemon", "plugin");
const sizes = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 300 }) },
  { weight: 2, arbitrary: fc.integer({ min: 60_000, max: 300_000 }) },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("call" as const),
      from: sides,
      kind: fc.constantFrom("unary", "secret", "down", "both"),
      size: sizes,
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("publish" as const), from: sides, size: sizes }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("join", "resume") }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("cut" as const), which: fc.nat(5), end: fc.constantFrom(0, 1) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("retire" as const), side: sides, which: fc.nat(5) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("wait" as const), turns: fc.integer({ min: 1, max: 6 }) }) },
);

/** What became of one call or event. */
interface Fate {
  readonly key: string;
  readonly size: number;
  readonly call: boolean;
  error?: CrucibleError;
  ended: number;
}

/** Handlers that answer what they are asked, a little later, and count how often they were. */
function handlersOf(runs: Map<string, number>): Partial<EchoHandlers> {
  const seen = (key: string): void => void runs.set(key, (runs.get(key) ?? 0) + 1);
  const one: EchoHandlers["unary"] = async ({ key, value }) => {
    seen(key);
    await turns(key.length % 4);
    return { key, value };
  };
  return {
    unary: one,
    secret: one,
    async *down({ key, value }) {
      seen(key);
      for (let i = 0; i < 3; i++) {
        await turns(1);
        yield { key, value };
      }
    },
    async *both(requests) {
      let first = true;
      for await (const { key, value } of requests) {
        if (first) seen(key);
        first = false;
        yield { key, value };
      }
    },
  };
}

const bodyOf = (size: number): string => "abcdefghij".repeat(Math.ceil(size / 10)).slice(0, size);

async function makeCall(
  joined: Joined,
  { from, kind, size }: Step & { do: "call" },
  fate: Fate,
  wrong: string[],
): Promise<void> {
  const stub = from === "daemon" ? joined.toPlugin : joined.toDaemon;
  const request = { key: fate.key, value: bodyOf(size) };
  const check = (answer: { key: string; value: string }): void => {
    if (answer.key !== request.key || answer.value !== request.value)
      wrong.push(`${kind} ${fate.key} got another answer`);
  };
  try {
    if (kind === "unary" || kind === "secret") {
      check(await stub[kind](request));
    } else {
      let count = 0;
      for await (const answer of kind === "down" ? stub.down(request) : stub.both([request, request])) {
        check(answer);
        count++;
      }
      if (count !== (kind === "down" ? 3 : 2)) wrong.push(`${kind} ${fate.key} ended after ${count}`);
    }
  } catch (error) {
    fate.error = error as CrucibleError;
    if (!(error instanceof CrucibleError) || error.reason !== "PEER_LOST" || !error.retryable) {
      wrong.push(`${kind} ${fate.key} failed: ${String(error)}`);
    }
  }
  fate.ended++;
}

test("whatever becomes of connections, calls end once and events are handled once", { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 4, maxLength: 60 }),
      fc.constantFrom(1_000_000, 65_536, 4_099),
      fc.constantFrom("sensitive", "everything"),
      async (steps, maxChunkBytes, encryption) => {
        const wrong: string[] = [];
        const runs = { daemon: new Map<string, number>(), plugin: new Map<string, number>() };
        const joined = joinUp({
          daemon: { handlers: handlersOf(runs.daemon) },
          plugin: { handlers: handlersOf(runs.plugin) },
          memory: { maxChunkBytes },
          agreed: { encryption },
        });
        const { daemon, plugin, dialler, first, closed } = joined;
        const heard = new Map<string, number>();
        for (const peer of [daemon, plugin]) {
          peer.subscribe(async ({ body }) => {
            const { key } = PairCodec.read(body, 0, body.length);
            heard.set(key, (heard.get(key) ?? 0) + 1);
            await turns(key.length % 3);
          });
        }
        const fates: (Fate & { readonly from: Side })[] = [];
        const pending: Promise<unknown>[] = [];
        let resuming: Promise<void> | undefined;
        const resume = (): Promise<void> => (resuming ??= joined.resume().finally(() => (resuming = undefined)));
        const begin = (from: Side, size: number, call: boolean): Fate => {
          const fate = { key: `${"k".repeat(fates.length % 5)}${fates.length}`, size, from, call, ended: 0 };
          fates.push(fate);
          return fate;
        };
        for (const one of steps) {
          switch (one.do) {
            case "call": {
              pending.push(makeCall(joined, one, begin(one.from, one.size, true), wrong));
              break;
            }
            case "publish": {
              const fate = begin(one.from, one.size, false);
              const message = { key: fate.key, value: bodyOf(one.size) };
              const published = joined[one.from].publish("a.b", PairCodec, message, { acknowledge: true });
              pending.push(
                published.then(
                  () => void fate.ended++,
                  (error: CrucibleError) => {
                    fate.error = error;
                    // More than may wait.
                    if (error.reason !== "TOO_MANY_CALLS") wrong.push(`event ${fate.key} failed: ${error.message}`);
                  },
                ),
              );
              break;
            }
            case "join":
              if (plugin.session.lanes.length < 5) pending.push(joined.join());
              break;
            case "resume":
              pending.push(resume());
              break;
            case "cut": {
              const all: (readonly [Connection, Connection])[] = [first, ...dialler.connections];
              all[one.which % all.length]![one.end].abort();
              break;
            }
            case "retire": {
              const { session } = joined[one.side];
              const lane = session.usable[one.which % Math.max(1, session.usable.length)];
              // The last one goes only by being cut.
              if (lane !== undefined && session.usable.length > 1) pending.push(session.retire(lane, 60_000, "TEST"));
              break;
            }
            default:
              await turns(one.turns);
          }
          if (plugin.session.lanes.length === 0) await resume();
        }
        // Whatever is still under way needs a connection that stays.
        await turns(4);
        await resume();
        await Promise.all(pending);
        await settle(() => daemon.session.liveCalls + plugin.session.liveCalls === 0, "all calls to end");
        expect(wrong).toEqual([]);
        expect(closed).toEqual({});
        for (const fate of fates) {
          const ran = runs[fate.from === "daemon" ? "plugin" : "daemon"].get(fate.key) ?? 0;
          if (fate.call) {
            expect(fate.ended).toBe(1);
            expect(ran).toBeLessThanOrEqual(1);
            if (fate.error?.started === false) expect(ran).toBe(0);
          } else if (fate.error === undefined) {
            expect([fate.key, heard.get(fate.key)]).toEqual([fate.key, 1]);
          }
        }
        if (encryption !== "everything") expectIdsOnce(joined);
        expect(await joined.toPlugin.unary({ key: "last", value: "daemon" })).toMatchObject({ value: "daemon" });
        expect(await joined.toDaemon.unary({ key: "last", value: "plugin" })).toMatchObject({ value: "plugin" });
        daemon.session.abort(new CrucibleError("SESSION_CLOSED", "the test is over"));
        plugin.session.abort(new CrucibleError("SESSION_CLOSED", "the test is over"));
      },
    ),
    { seed: 20_261_130, numRuns: Number(process.env["FUZZ_ITERATIONS"] ?? 20_000) / 100 },
  );
});

const opening: ReadonlySet<number> = new Set([FrameType.Request, FrameType.Event, FrameType.Heartbeat]);

/** No id was opened on two connections, and on each they increase. */
function expectIdsOnce({ wire, dialler }: Joined): void {
  for (const side of ["fromPlugin", "fromDaemon"] as const) {
    const opened = new Set<number>();
    for (const one of [wire, ...dialler.wires]) {
      const bytes = Buffer.concat(one[side]);
      let highest = 0;
      for (let at = 0; at + 44 <= bytes.length; at += 44 + bytes.readUInt32BE(at + 32)) {
        const id = Number(bytes.readBigUInt64BE(at + 8));
        if (!opening.has(bytes[at + 1]!) || id <= highest) continue;
        expect(opened.has(id)).toBe(false);
        opened.add(id);
        highest = id;
      }
    }
  }
}
