import { describe, expect, test } from "vitest";
import { Code, CrucibleError } from "../../../runtime/typescript/src/error/index.js";
import { MetadataCodec as PairCodec } from "../../../runtime/typescript/src/gen/crucible/ipc/v1/envelope_codec.js";
import { violationsOf } from "../../../runtime/typescript/src/rpc/violations.js";
import { Echo, pairUp } from "../../suites/peers.js";
import { text } from "../../suites/shorthand.js";

const reason = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "none",
    (error: CrucibleError) => error.reason,
  );

async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of stream) list.push(item);
  return list;
}

const pairs = (count: number, size: number): { key: string; value: string }[] =>
  Array.from({ length: count }, (_, i) => ({ key: String(i), value: text(size) }));

/** A promise with its resolver at hand. */
function gate(): { readonly opened: Promise<void>; open(): void } {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

describe.each(["daemon", "plugin"] as const)("calls from the %s", (caller) => {
  test("of all four kinds", async () => {
    const echo = pairUp()[caller].client(Echo);
    expect(await echo.unary({ key: "a", value: "b" })).toMatchObject({ key: "a", value: "b" });
    expect((await all(echo.down({ key: "k", value: "3" }))).map(({ value }) => value)).toEqual(["0", "1", "2"]);
    expect(await echo.up(pairs(5, 10))).toMatchObject({ key: "5", value: "50" });
    expect((await all(echo.both(pairs(3, 1)))).map(({ key }) => key)).toEqual(["0", "1", "2"]);
  });

  test("with messages larger than a frame, a window, and an arena", async () => {
    const echo = pairUp()[caller].client(Echo);
    for (const size of [1_000, 65_400, 65_480, 65_492, 65_536, 70_000, 262_144, 3_000_000]) {
      expect((await echo.unary({ key: "k", value: text(size) })).value.length).toBe(size);
    }
    expect(await echo.up(pairs(20, 100_000))).toMatchObject({ key: "20", value: "2000000" });
    const back = await all(echo.both(pairs(10, 150_000)));
    expect(back.map(({ value }) => value.length)).toEqual(Array(10).fill(150_000));
  });

  test("many at once, small and large", async () => {
    const echo = pairUp()[caller].client(Echo);
    const sizes = Array.from({ length: 300 }, (_, i) => (i % 50 === 0 ? 200_000 : i));
    const answers = await Promise.all(sizes.map((size) => echo.unary({ key: String(size), value: text(size) })));
    expect(answers.map(({ value }) => value.length)).toEqual(sizes);
  });

  test("with streams of thousands of messages", async () => {
    const echo = pairUp()[caller].client(Echo);
    expect((await all(echo.down({ key: "k", value: "5000" }))).length).toBe(5000);
    expect((await all(echo.both(pairs(5000, 30)))).length).toBe(5000);
  });
});

describe("errors", () => {
  test("of a handler keep their reason, code and started", async () => {
    const { daemon, failures } = pairUp({
      plugin: {
        handlers: {
          unary: () => {
            throw new CrucibleError("NOTE_LOCKED", "the note is locked", { code: Code.Aborted, retryable: true });
          },
        },
      },
    });
    const error = await daemon
      .client(Echo)
      .unary({})
      .catch((caught: unknown) => caught as CrucibleError);
    expect(error).toMatchObject({ reason: "NOTE_LOCKED", code: Code.Aborted, retryable: true, started: true });
    expect(failures).toEqual([]);
  });

  test("that are no CrucibleError become HANDLER_FAILED; a daemon does not tell its insides", async () => {
    const handlers = {
      unary: () => {
        throw new Error("password is hunter2");
      },
      async *down() {
        yield { key: "first" };
        throw new Error("password is hunter2");
      },
    };
    const { daemon, plugin, failures } = pairUp({ daemon: { handlers }, plugin: { handlers } });
    await expect(daemon.client(Echo).unary({})).rejects.toThrow("hunter2");
    const told = await plugin
      .client(Echo)
      .unary({})
      .catch((caught: unknown) => caught as CrucibleError);
    expect(told).toMatchObject({ reason: "HANDLER_FAILED" });
    expect(String(told)).not.toContain("hunter2");
    expect(await reason(all(plugin.client(Echo).down({})))).toBe("HANDLER_FAILED");
    expect(failures.length).toBe(3);
  });

  test("broken rules are refused on arrival and on departure, with typed violations", async () => {
    const { daemon } = pairUp({ plugin: { handlers: { unary: (r) => ({ key: r.value }) } } });
    const echo = daemon.client(Echo);
    const error = await echo.unary({ key: "invalid" }).catch((caught: unknown) => caught as CrucibleError);
    expect(error).toMatchObject({ reason: "VALIDATION_FAILED", started: false });
    expect(violationsOf(error as CrucibleError)).toMatchObject([{ fieldPath: "key", ruleId: "string.not_in" }]);
    expect(await reason(echo.unary({ value: "invalid answer" }))).toBe("VALIDATION_FAILED");
    expect(await reason(echo.up([{ key: "fine" }, { key: "invalid" }]))).toBe("VALIDATION_FAILED");
  });

  test("an answer that is no message is the handler's fault, and its log names the field", async () => {
    const handlers = {
      unary: () => ({ key: 7 }) as never,
      async *down() {
        yield { key: "first" };
        yield { key: "k", value: 8 } as never;
      },
    };
    const { daemon, plugin, failures } = pairUp({ plugin: { handlers }, daemon: { handlers } });
    const error = await daemon
      .client(Echo)
      .unary({})
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({ reason: "HANDLER_FAILED", code: Code.Internal, started: true, retryable: false });
    expect(String(error)).toContain(
      "test.v1.Echo/Unary failed: its answer cannot be sent: crucible.ipc.v1.Metadata.key takes",
    );
    const hidden = await plugin
      .client(Echo)
      .unary({})
      .catch((caught: unknown) => caught);
    expect(hidden).toMatchObject({ reason: "HANDLER_FAILED", code: Code.Internal, started: true });
    expect(String(hidden)).not.toContain("key");
    expect(await reason(all(daemon.client(Echo).down({})))).toBe("HANDLER_FAILED");
    expect(failures.map(String)).toEqual(
      ["key takes a string, not 7", "key takes a string, not 7", "value takes a string, not 8"].map(
        (fact) => `CrucibleError: its answer cannot be sent: crucible.ipc.v1.Metadata.${fact}`,
      ),
    );
    expect([daemon.session.liveCalls, plugin.session.liveCalls]).toEqual([0, 0]);
  });

  test("what a handler does wrong in a call of its own is not its caller's fault", async () => {
    const { daemon, plugin, failures } = pairUp({
      plugin: { handlers: { unary: () => plugin.client(Echo).unary({ key: 9 as never }) } },
    });
    const error = await daemon
      .client(Echo)
      .unary({})
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({ reason: "HANDLER_FAILED", code: Code.Internal, started: true });
    expect(failures).toMatchObject([{ reason: "ENCODE_INVALID" }]);
  });

  test("metadata of an answer that is not lawful is the handler's fault", async () => {
    const { daemon, failures } = pairUp({
      plugin: {
        handlers: {
          unary: (request, context) => {
            context.responseMetadata = { "Not Lawful": "x" };
            return request;
          },
        },
      },
    });
    expect(await reason(daemon.client(Echo).unary({}))).toBe("HANDLER_FAILED");
    expect(failures).toMatchObject([{ cause: { reason: "METADATA_INVALID" } }]);
  });

  test("a request that is no message is the caller's fault", async () => {
    const { daemon } = pairUp();
    expect(await reason(daemon.client(Echo).unary({ key: 7 as never }))).toBe("ENCODE_INVALID");
    expect(await reason(daemon.client(Echo).up([{ key: 7 as never }]))).toBe("ENCODE_INVALID");
  });

  test("a capability that is missing is refused, one that is granted is not", async () => {
    expect(await reason(pairUp().plugin.client(Echo).guarded({}))).toBe("CAPABILITY_MISSING");
    const granted = pairUp({ daemon: { capabilities: ["test.guarded"] } });
    expect(await granted.plugin.client(Echo).guarded({ key: "k" })).toMatchObject({ key: "k" });
  });

  test("a message over the limit fails its call and nothing else", async () => {
    const { daemon, closed } = pairUp({ plugin: { limits: { maxMessageBytes: 100_000 } } });
    const echo = daemon.client(Echo);
    const other = echo.unary({ key: "other" });
    expect(await reason(echo.unary({ value: text(100_001) }))).toBe("MESSAGE_TOO_LARGE");
    expect(await other).toMatchObject({ key: "other" });
    expect(await echo.unary({ value: text(90_000) })).toMatchObject({ value: text(90_000) });
    expect(closed).toEqual({});
  });

  test("metadata that breaks the rules never leaves", async () => {
    const echo = pairUp().daemon.client(Echo);
    expect(await reason(echo.unary({}, { metadata: { "Upper-Case": "x" } }))).toBe("METADATA_INVALID");
    expect(await reason(echo.unary({}, { metadata: { "crucible-x": "x" } }))).toBe("METADATA_INVALID");
    expect(await reason(echo.unary({}, { metadata: { long: text(20_000) } }))).toBe("METADATA_INVALID");
  });

  test("more calls than the peer takes fail at once and may be retried", async () => {
    const door = gate();
    const { daemon } = pairUp({
      plugin: { limits: { maxCalls: 2 }, handlers: { unary: () => door.opened.then(() => ({})) } },
    });
    const echo = daemon.client(Echo);
    const live = [echo.unary({}), echo.unary({})];
    const error = await echo.unary({}).catch((caught: unknown) => caught as CrucibleError);
    expect(error).toMatchObject({ reason: "TOO_MANY_CALLS", retryable: true });
    door.open();
    await Promise.all(live);
    await echo.unary({});
  });
});

describe("metadata, deadline, cancel", () => {
  test("metadata reaches the handler, and its time is counted", async () => {
    const seen: unknown[] = [];
    const { daemon } = pairUp({
      plugin: {
        handlers: {
          unary: (_request, context) => {
            seen.push([...context.metadata], context.timeLeftMs! <= 500 && context.timeLeftMs! > 0, context.peer.id);
            return {};
          },
        },
      },
    });
    await daemon.client(Echo).unary({}, { timeoutMs: 500, metadata: { one: "1", two: ["a", "ü"] } });
    expect(seen).toEqual([
      [
        ["one", ["1"]],
        ["two", ["a", "ü"]],
      ],
      true,
      "daemon",
    ]);
  });

  test("a deadline ends the call on both sides", async () => {
    const aborted = gate();
    const { daemon } = pairUp({
      plugin: {
        handlers: {
          unary: (_request, { signal }) =>
            new Promise((resolve) => {
              signal.addEventListener("abort", () => {
                aborted.open();
                resolve({});
              });
            }),
        },
      },
    });
    expect(await reason(daemon.client(Echo).unary({}, { timeoutMs: 20 }))).toBe("DEADLINE_EXCEEDED");
    await aborted.opened;
    expect(await reason(daemon.client(Echo).unary({}, { timeoutMs: 0 }))).toBe("DEADLINE_EXCEEDED");
  });

  test("an abort cancels the call on both sides, before or after it was sent", async () => {
    const aborted = gate();
    const { daemon, plugin } = pairUp({
      plugin: {
        handlers: {
          async *down(_request, { signal }) {
            yield { key: "first" };
            await new Promise<void>((resolve) => {
              signal.addEventListener("abort", () => resolve());
            });
            aborted.open();
          },
        },
      },
    });
    const controller = new AbortController();
    const stream = daemon.client(Echo).down({}, { signal: controller.signal })[Symbol.asyncIterator]();
    expect((await stream.next()).value).toMatchObject({ key: "first" });
    controller.abort();
    expect(await reason(stream.next())).toBe("CANCELLED");
    await aborted.opened;
    expect(await reason(daemon.client(Echo).unary({}, { signal: controller.signal }))).toBe("CANCELLED");
    await expect.poll(() => plugin.session.liveCalls).toBe(0);
  });

  test("a reader that leaves cancels its stream", async () => {
    const { daemon, plugin } = pairUp();
    for await (const { value } of daemon.client(Echo).down({ value: "1000000" })) {
      if (value === "3") break;
    }
    await expect.poll(() => plugin.session.liveCalls).toBe(0);
    expect(await daemon.client(Echo).unary({ key: "still" })).toMatchObject({ key: "still" });
  });

  test("calls inside a handler inherit its deadline and its cancellation", async () => {
    let left: number | undefined;
    const { daemon } = pairUp({
      daemon: {
        handlers: {
          unary: (_request, context) => {
            left = context.timeLeftMs;
            return {};
          },
          down: async function* (_request, { signal }) {
            await new Promise((resolve) => {
              signal.addEventListener("abort", resolve);
            });
            yield {};
          },
        },
      },
      plugin: {
        handlers: {
          unary: async (_request, context) => {
            await context.client(Echo).unary({}, { timeoutMs: 60_000 });
            return {};
          },
          up: async (_requests, context) => {
            for await (const _ of context.client(Echo).down({})) void _;
            return {};
          },
        },
      },
    });
    await daemon.client(Echo).unary({}, { timeoutMs: 5_000 });
    expect(left).toBeLessThanOrEqual(5_000);
    expect(await reason(daemon.client(Echo).up([], { timeoutMs: 30 }))).toBe("DEADLINE_EXCEEDED");
    await expect.poll(() => daemon.session.liveCalls).toBe(0);
  });
});

describe("flow control", () => {
  test("a handler stops when nobody reads, and one slow reader stops only itself", async () => {
    let sent = 0;
    const { daemon } = pairUp({
      plugin: {
        handlers: {
          async *down() {
            for (; sent < 100_000; sent++) yield { value: text(1_000) };
          },
        },
      },
    });
    const echo = daemon.client(Echo);
    const slow = echo.down({})[Symbol.asyncIterator]();
    await slow.next();
    await echo.unary({ key: "other" });
    const stopped = sent;
    expect(stopped).toBeLessThan(200);
    for (let i = 0; i < 20; i++) await echo.unary({});
    expect(sent).toBe(stopped);
    for (let i = 0; i < 300; i++) await slow.next();
    expect(sent).toBeGreaterThan(stopped);
    await slow.return!();
  });
});

describe("sealed calls", () => {
  test("no byte of a sensitive call is on the wire in clear, in either direction", async () => {
    const secretText = "the-quick-brown-secret";
    const { daemon, wire } = pairUp({
      plugin: {
        handlers: {
          secret: ({ key }) => {
            if (key === "fail") throw new CrucibleError("SECRET", secretText);
            return { value: secretText };
          },
        },
      },
    });
    await daemon.client(Echo).secret({ value: secretText });
    await daemon.client(Echo).secret({ value: secretText + text(100_000) });
    expect(await reason(daemon.client(Echo).secret({ key: "fail" }))).toBe("SECRET");
    const all = Buffer.concat([...wire.fromDaemon, ...wire.fromPlugin]);
    expect(all.includes(secretText)).toBe(false);
    await daemon.client(Echo).unary({ value: secretText });
    expect(Buffer.concat(wire.fromDaemon).includes(secretText)).toBe(true);
  });
});

describe("events", () => {
  test("arrive in order and are acknowledged once handled", async () => {
    const { daemon, plugin } = pairUp();
    const seen: string[] = [];
    plugin.subscribe(async ({ subject, sequence, body }) => {
      await Promise.resolve();
      seen.push(`${subject} ${sequence} ${PairCodec.read(body, 0, body.length).key}`);
    });
    await daemon.publish("notes.changed", PairCodec, { key: "a" });
    await daemon.publish("notes.changed", PairCodec, { key: "b" }, { acknowledge: true });
    expect(seen).toEqual(["notes.changed 1 a", "notes.changed 2 b"]);
    await expect(daemon.publish("bad subject", PairCodec, {})).rejects.toMatchObject({ reason: "OPTION_INVALID" });
  });

  test("larger than the window, thousands of them, and beyond what may wait", async () => {
    const { daemon, plugin } = pairUp();
    let bytes = 0;
    plugin.subscribe(({ body }) => {
      bytes += body.length;
    });
    await daemon.publish("big", PairCodec, { value: text(500_000) }, { acknowledge: true });
    for (let i = 0; i < 2_000; i++) await daemon.publish("small", PairCodec, { value: text(100) });
    await daemon.publish("last", PairCodec, {}, { acknowledge: true });
    expect(bytes).toBeGreaterThan(700_000);
    const flood = Array.from({ length: 50 }, () => daemon.publish("flood", PairCodec, { value: text(60_000) }));
    const outcomes = await Promise.allSettled(flood);
    expect(outcomes.some(({ status }) => status === "rejected")).toBe(true);
    expect(outcomes.some(({ status }) => status === "fulfilled")).toBe(true);
  });
});

describe("the end of a session", () => {
  test("drain lets live calls end, refuses new ones, and closes both sides", async () => {
    const door = gate();
    const { daemon, plugin, closed } = pairUp({
      plugin: { handlers: { unary: () => door.opened.then(() => ({ key: "late" })) } },
    });
    const live = daemon.client(Echo).unary({});
    await daemon.session.ping();
    const drained = plugin.session.drain(5_000, "PLUGIN_STOPPING");
    await daemon.session.ping();
    expect(await reason(daemon.client(Echo).unary({}))).toBe("SHUTTING_DOWN");
    expect(await reason(plugin.client(Echo).unary({}))).toBe("SHUTTING_DOWN");
    door.open();
    expect(await live).toMatchObject({ key: "late" });
    await drained;
    await expect.poll(() => closed.daemon?.reason).toBe("SHUTTING_DOWN");
    expect(closed.plugin?.reason).toBe("SHUTTING_DOWN");
  });

  test("a grace that is over fails what is left", async () => {
    const { daemon, plugin } = pairUp({ plugin: { handlers: { unary: () => new Promise(() => {}) } } });
    const live = daemon.client(Echo).unary({});
    await daemon.session.ping();
    await plugin.session.drain(10, "PLUGIN_STOPPING");
    expect(await reason(live)).toBe("SHUTTING_DOWN");
  });

  test("a lost connection fails what is live, and calls after it", async () => {
    const { daemon, plugin, closed } = pairUp({ plugin: { handlers: { unary: () => new Promise(() => {}) } } });
    const echo = daemon.client(Echo);
    const live = [echo.unary({}), all(echo.down({ value: "1000000" }))];
    await daemon.session.ping();
    plugin.session.abort(new CrucibleError("PEER_LOST", "cut by the test"));
    expect(await Promise.all(live.map(reason))).toEqual(["PEER_LOST", "PEER_LOST"]);
    expect(await reason(echo.unary({}))).toBe("PEER_LOST");
    expect(closed.daemon?.reason).toBe("PEER_LOST");
  });
});

describe("interceptors", () => {
  test("wrap calls of every kind on both sides, first outermost", async () => {
    const seen: string[] = [];
    const note =
      (name: string) =>
      (next: (call: never) => Promise<unknown>) =>
      async (call: { side: string; method: { name: string }; metadata: Map<string, readonly string[]> }) => {
        seen.push(
          `${name} ${call.side} ${call.method.name.split("/")[1]} ${call.metadata.get("tag")?.join(",") ?? "-"}`,
        );
        if (call.side === "client") call.metadata.set("tag", [name]);
        return next(call as never);
      };
    const { daemon } = pairUp({
      daemon: { interceptors: [note("a") as never, note("b") as never] },
      plugin: { interceptors: [note("c") as never] },
    });
    const echo = daemon.client(Echo);
    expect(await echo.unary({ key: "k" })).toMatchObject({ key: "k" });
    expect((await all(echo.down({ value: "2" }))).length).toBe(2);
    expect(await echo.up(pairs(2, 1))).toMatchObject({ key: "2" });
    expect((await all(echo.both(pairs(2, 1)))).length).toBe(2);
    expect(seen).toEqual(
      ["Unary", "Down", "Up", "Both"].flatMap((name) => [
        `a client ${name} -`,
        `b client ${name} a`,
        `c server ${name} b`,
      ]),
    );
  });

  test("may refuse a call", async () => {
    const refuse = () => async () => {
      throw new CrucibleError("CLOSED_TODAY", "come back tomorrow");
    };
    const { daemon } = pairUp({ plugin: { interceptors: [refuse] } });
    expect(await reason(daemon.client(Echo).unary({}))).toBe("CLOSED_TODAY");
    expect(await reason(all(daemon.client(Echo).down({})))).toBe("CLOSED_TODAY");
  });
});
