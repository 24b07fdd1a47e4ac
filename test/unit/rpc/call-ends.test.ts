import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CrucibleError } from "../../../runtime/typescript/src/error/index.js";
import { FrameType } from "../../../runtime/typescript/src/frame/frame.js";
import { Echo, pairUp } from "../../suites/peers.js";
import { expectAlive, opening, pair, RawEnd, request, streamed, turns } from "../../suites/raw-end.js";
import { never, reasonOf } from "../../suites/shorthand.js";

// How calls end when user code misbehaves: throws where nobody expects it, never settles, leaves early, calls back.

const call = { key: "k", value: "v" };

/** What the platform hears of: unhandled rejections and exceptions thrown later. */
const heard: unknown[] = [];
const listeners = ["unhandledRejection", "uncaughtException"] as const;
const platform: NodeJS.EventEmitter = process;
type Listener = (...args: unknown[]) => void;
let before: Map<string, Listener[]>;
const hear = (error: unknown): void => void heard.push(error);
beforeEach(() => {
  heard.length = 0;
  before = new Map(listeners.map((name) => [name, platform.listeners(name) as Listener[]]));
  for (const name of listeners) platform.removeAllListeners(name).on(name, hear);
});
afterEach(async () => {
  await turns();
  for (const name of listeners) {
    platform.removeAllListeners(name);
    for (const listener of before.get(name)!) platform.on(name, listener);
  }
});

describe("handlers", () => {
  test.each<readonly [string, () => unknown]>([
    [
      "throws at once",
      () => {
        throw new Error("no");
      },
    ],
    [
      "throws what cannot be made text",
      () => {
        throw Object.create(null) as Error;
      },
    ],
    ["rejects with nothing", () => Promise.reject(undefined)],
    ["returns nothing", () => undefined],
    [
      "returns a thenable that throws",
      () => ({
        // oxlint-disable-next-line unicorn/no-thenable -- Reason: what the test is about.
        get then() {
          throw new Error("no");
        },
      }),
    ],
    [
      "returns a thenable that settles twice",
      () => ({
        // oxlint-disable-next-line unicorn/no-thenable -- Reason: what the test is about.
        then(resolve: (value: unknown) => void, reject: (error: unknown) => void) {
          reject(new Error("no"));
          resolve(call);
        },
      }),
    ],
    ["returns what is no message", () => ({ key: 5 })],
    [
      "throws an error with details that are none",
      () => {
        throw new CrucibleError("X", "no", { details: [{ typeName: 5, value: "x" } as never] });
      },
    ],
    [
      "throws an error with half a character",
      () => {
        throw new CrucibleError("X", "a\ud800b");
      },
    ],
    [
      "throws an error of 60,000 characters",
      () => {
        throw new CrucibleError("X".repeat(30_000), "ü\ud83d".repeat(30_000));
      },
    ],
    [
      "throws an error with numbers that are none",
      () => {
        throw new CrucibleError("X", "no", { retryAfterMs: Number.NaN, code: 99 as never, category: -1 as never });
      },
    ],
  ])("unary that %s fails its call, and nothing else", async (_what, unary) => {
    const raw = new RawEnd({ handlers: { unary: unary as never, secret: unary as never } });
    await raw.exchange(request(1));
    expect(raw.closed).toBeUndefined();
    expect(raw.of(FrameType.Error, 1)).toHaveLength(1);
    expect(raw.of(FrameType.Error, 1)[0]!.payload.length).toBeLessThanOrEqual(16_384);
    expect(raw.peer.session.liveCalls).toBe(0);
    await raw.exchange(request(3, "guarded"));
    expect(heard).toEqual([]);
  });

  test.each<readonly [string, () => unknown]>([
    [
      "throws at once",
      () => {
        throw new Error("no");
      },
    ],
    ["returns nothing", () => undefined],
    ["returns a promise of nothing", async () => undefined],
    ["is no iterable", () => 5],
    [
      "throws between messages",
      async function* both() {
        yield call;
        throw new Error("no");
      },
    ],
    [
      "yields what is no message",
      async function* both() {
        yield { key: 5 };
      },
    ],
    [
      "has an iterator that throws",
      () => ({
        [Symbol.asyncIterator]() {
          throw new Error("no");
        },
      }),
    ],
  ])("stream that %s fails its call, and nothing else", async (_what, both) => {
    const raw = new RawEnd({ handlers: { both: both as never } });
    await raw.exchange(opening(1, "both"));
    expect(raw.reasons(1)).toHaveLength(1);
    expect(raw.peer.session.liveCalls).toBe(0);
    await expectAlive(raw, 3);
    expect(heard).toEqual([]);
  });

  test("one whose failure cannot be logged: the call ends, and the platform hears of the log", async () => {
    const raw = new RawEnd({
      handlers: {
        unary: () => {
          throw new Error("no");
        },
        both: async function* both() {
          yield call;
          throw new Error("no");
        },
      },
      onHandlerFailure: () => {
        throw new Error("the log is full");
      },
    });
    await raw.exchange(request(1), opening(3, "both"));
    expect([raw.reasons(1), raw.reasons(3)]).toEqual([["HANDLER_FAILED"], ["HANDLER_FAILED"]]);
    expect([raw.closed, raw.peer.session.liveCalls]).toEqual([undefined, 0]);
    expect(heard.map(String)).toEqual(["Error: the log is full", "Error: the log is full"]);
  });

  test("onDraining that throws is no fault of the peer", async () => {
    const raw = new RawEnd({
      handlers: { unary: never },
      onDraining: () => {
        throw new Error("no");
      },
    });
    await raw.exchange(request(1), { type: FrameType.Shutdown });
    expect(raw.closed).toBeUndefined();
    expect(heard.map(String)).toEqual(["Error: no"]);
  });

  test("one that ends its session while it is called", async () => {
    const gone = new CrucibleError("SESSION_CLOSED", "enough");
    const pairing = pairUp({
      daemon: {
        handlers: {
          unary: (_request, _context) => {
            pairing.daemon.session.abort(gone);
            return call;
          },
        },
      },
    });
    expect(await reasonOf(pairing.plugin.client(Echo).unary(call))).toBe("PEER_LOST");
    expect(pairing.closed.daemon).toBe(gone);
    expect(pairing.daemon.session.liveCalls).toBe(0);
  });

  test("one that calls back while it is called, and cancels that", async () => {
    const pairing = pairUp({
      daemon: {
        handlers: {
          unary: (message, context) => {
            const controller = new AbortController();
            const back = context.client(Echo).unary(message, { signal: controller.signal });
            controller.abort();
            return back.catch(() => ({ key: "cancelled", value: "" }));
          },
        },
      },
    });
    expect(await pairing.plugin.client(Echo).unary(call)).toMatchObject({ key: "cancelled" });
    await turns();
    expect([pairing.daemon.session.liveCalls, pairing.plugin.session.liveCalls]).toEqual([0, 0]);
  });

  test("a stream is not asked for more once its call has ended", async () => {
    let asked = 0;
    const both = (): AsyncIterable<typeof call> => ({
      [Symbol.asyncIterator]: () => ({
        next: () => (asked++, Promise.resolve({ done: false, value: { key: "k", value: "x".repeat(60_000) } })),
        return: () => Promise.resolve({ done: true, value: undefined }),
      }),
    });
    const raw = new RawEnd({ handlers: { both: both as never } });
    await raw.exchange(opening(1, "both"));
    const waiting = asked;
    await raw.exchange({ type: FrameType.Cancel, id: 1 });
    expect(asked).toBe(waiting);
    expect(raw.peer.session.liveCalls).toBe(0);
  });
});

describe("callers", () => {
  test("a source that waits for its own next message hears that the call has ended", async () => {
    const { plugin } = pairUp({ daemon: { handlers: { up: async () => call } } });
    let left = false;
    const source: AsyncIterable<typeof call> = {
      [Symbol.asyncIterator]: () => ({
        next: never,
        return: () => {
          left = true;
          return Promise.resolve({ done: true, value: undefined });
        },
      }),
    };
    expect(await plugin.client(Echo).up(source)).toMatchObject(call);
    await turns();
    expect(left).toBe(true);
  });

  test.each<readonly [string, () => unknown, string]>([
    [
      "throws",
      function* up() {
        yield call;
        throw new Error("no");
      },
      "STREAM_MISUSE",
    ],
    [
      "throws what cannot be made text",
      function* up() {
        yield call;
        throw Object.create(null);
      },
      "STREAM_MISUSE",
    ],
    ["is no iterable", () => 5, "STREAM_MISUSE"],
    ["is nothing", () => undefined, "STREAM_MISUSE"],
    [
      "gives what is no message",
      function* up() {
        yield { key: 5 };
      },
      "ENCODE_INVALID",
    ],
    [
      "throws when it is let go",
      () => ({
        [Symbol.asyncIterator]: () => ({
          next: () => Promise.resolve({ value: { key: 5 } }),
          return: () => {
            throw new Error("no");
          },
        }),
      }),
      "ENCODE_INVALID",
    ],
  ])("a source that %s ends its call", async (_what, source, reason) => {
    const { plugin, daemon, closed } = pairUp();
    expect(await reasonOf(plugin.client(Echo).up(source() as never))).toBe(reason);
    const responses = plugin.client(Echo).both(source() as never);
    const stream = responses[Symbol.asyncIterator]();
    let end = "none";
    for (;;) {
      const next = await stream.next().catch((error: CrucibleError) => error.reason);
      if (typeof next === "string") end = next;
      if (typeof next === "string" || next.done === true) break;
    }
    expect(end).toBe(reason);
    await turns();
    expect([plugin.session.liveCalls, daemon.session.liveCalls, closed]).toEqual([0, 0, {}]);
    expect(heard).toEqual([]);
  });

  test("a message that cannot be encoded fails alone, and leaves no call", async () => {
    const { plugin, daemon } = pairUp();
    const echo = plugin.client(Echo);
    expect(await reasonOf(echo.unary({ key: 5 } as never))).toBe("ENCODE_INVALID");
    const answers = await Promise.all([
      echo.unary(call),
      reasonOf(echo.unary({ key: "k".repeat(100_000), value: 5 } as never)),
      echo.unary(call),
    ]);
    expect(answers.map((one) => (typeof one === "string" ? one : one.key))).toEqual(["k", "ENCODE_INVALID", "k"]);
    await turns();
    expect([plugin.session.liveCalls, daemon.session.liveCalls]).toEqual([0, 0]);
  });

  test("a message that grows while it is encoded", async () => {
    const { plugin } = pairUp();
    const echo = plugin.client(Echo);
    for (const sizes of [
      [3_000, 60_000],
      [100_000, 200_000],
      [3_000, 300_000],
    ]) {
      let read = 0;
      const growing = {
        key: "k",
        get value() {
          return "x".repeat(sizes[Math.min(read++, 1)]!);
        },
      };
      const answer = await echo.unary(growing).then(
        ({ value }) => value.length,
        (error: CrucibleError) => error.reason,
      );
      expect([...sizes, "ENCODE_INVALID"]).toContain(answer);
      expect(await echo.unary(call)).toMatchObject(call);
    }
  });

  test("a stream that is asked for and never read is no unhandled rejection", async () => {
    const raw = new RawEnd();
    raw.close();
    await turns();
    const iterator = raw.peer.client(Echo).down(call)[Symbol.asyncIterator]();
    await turns();
    expect(heard).toEqual([]);
    expect(await reasonOf(iterator.next())).toBe("PEER_LOST");
  });

  test("a stream that is left before it is open closes once it is", async () => {
    const pass = (next: (one: never) => unknown) => async (one: never) => {
      await turns(4);
      return next(one);
    };
    const { plugin, daemon } = pairUp({ plugin: { interceptors: [pass as never] } });
    const iterator = plugin.client(Echo).down({ key: "k", value: "100000" })[Symbol.asyncIterator]();
    const first = iterator.next();
    expect(await iterator.return!()).toMatchObject({ done: true });
    await first;
    await turns(12);
    expect([plugin.session.liveCalls, daemon.session.liveCalls]).toEqual([0, 0]);
    const unread = plugin.client(Echo).down({ key: "k", value: "100000" })[Symbol.asyncIterator]();
    await unread.return!();
    await turns(12);
    expect([plugin.session.liveCalls, daemon.session.liveCalls]).toEqual([0, 0]);
  });

  test("an interceptor that throws at once rejects, as one that is async does", async () => {
    const broken = () => () => {
      throw new CrucibleError("X", "no");
    };
    const echo = pairUp({ plugin: { interceptors: [broken as never] } }).plugin.client(Echo);
    expect(await reasonOf(echo.unary(call))).toBe("X");
    expect(await reasonOf(echo.up([call]))).toBe("X");
    expect(await reasonOf(echo.down(call)[Symbol.asyncIterator]().next())).toBe("X");
    expect(heard).toEqual([]);
  });

  test("after the session has ended, everything is refused and nothing is sent", async () => {
    const raw = new RawEnd();
    const echo = raw.peer.client(Echo);
    raw.peer.session.abort(new CrucibleError("BAD_CREDIT", "enough"));
    await turns();
    const attempts = [
      echo.unary(call),
      echo.up([call]),
      echo.down(call)[Symbol.asyncIterator]().next(),
      raw.peer.session.ping(),
    ];
    expect(await Promise.all(attempts.map((one) => reasonOf(one as Promise<unknown>)))).toEqual(
      Array(4).fill("SESSION_CLOSED"),
    );
    await raw.peer.session.drain(1_000, "X");
    raw.peer.session.abort(new CrucibleError("BAD_CREDIT", "again"));
    expect(raw.seen).toEqual([]);
  });

  test("a signal that is used for many calls keeps nothing of them", async () => {
    const { plugin } = pairUp();
    const controller = new AbortController();
    let listening = 0;
    const { signal } = controller;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...given: Parameters<typeof add>) => (listening++, add(...given));
    signal.removeEventListener = (...given: Parameters<typeof remove>) => (listening--, remove(...given));
    const echo = plugin.client(Echo);
    for (let i = 0; i < 20; i++) {
      await echo.unary(call, { signal });
      for await (const _ of echo.down({ key: "k", value: "5" }, { signal })) if (i % 2 === 0) break;
      await reasonOf(echo.unary({ key: "invalid", value: "" }, { signal }));
    }
    expect(listening).toBe(0);
  });

  test("messages that arrive with an error are pulled before it", async () => {
    const raw = new RawEnd();
    const iterator = raw.peer.client(Echo).down(call)[Symbol.asyncIterator]();
    await turns();
    raw.send(streamed(2, pair("a")), streamed(2, pair("b")));
    raw.close();
    await turns();
    expect(await iterator.next()).toMatchObject({ value: { key: "a" } });
    expect(await iterator.next()).toMatchObject({ value: { key: "b" } });
    expect(await reasonOf(iterator.next())).toBe("PEER_LOST");
    expect(await iterator.next()).toMatchObject({ done: true });
  });
});
