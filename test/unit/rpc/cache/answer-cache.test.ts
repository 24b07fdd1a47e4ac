import { describe, expect, test } from "vitest";
import { CrucibleError } from "../../../../runtime/typescript/src/error/index.js";
import { AnswerSpace } from "../../../../runtime/typescript/src/rpc/cache/answer-space.js";
import { ManualClock } from "../../../suites/manual-clock.js";
import { Cached, pairCached, publish, ttlMs } from "../../../suites/cached.js";
import { turns } from "../../../suites/raw-end.js";
import { reasonOf } from "../../../suites/shorthand.js";

const note = { key: "a", value: "" };

describe("answers", () => {
  test("are served again while they are fresh, to equal requests alone", async () => {
    const pair = pairCached();
    pair.answerAll();
    expect(await pair.cached.get(note)).toMatchObject({ key: "a", value: "a 1" });
    expect(await pair.cached.get(note)).toMatchObject({ value: "a 1" });
    expect(await pair.cached.get({ key: "b" })).toMatchObject({ value: "b 2" });
    expect(await pair.cached.other(note)).toMatchObject({ value: "a 3" });
    expect(await pair.cached.get(note, { metadata: { tenant: "x" } })).toMatchObject({ value: "a 4" });
    expect(await pair.cached.get(note, { metadata: { tenant: "y" } })).toMatchObject({ value: "a 5" });
    expect(await pair.cached.get(note, { metadata: { tenant: "x" } })).toMatchObject({ value: "a 4" });
    pair.clock.advance(ttlMs - 1);
    expect(await pair.cached.get(note)).toMatchObject({ value: "a 1" });
    pair.clock.advance(1);
    expect(await pair.cached.get(note)).toMatchObject({ value: "a 6" });
  });

  test("belong to whoever gets them", async () => {
    const pair = pairCached();
    pair.answerAll();
    const [first, second] = await Promise.all([pair.cached.get(note), pair.cached.get(note)]);
    first.value = "changed";
    expect(second.value).toBe("a 1");
    expect((await pair.cached.get(note)).value).toBe("a 1");
  });

  test("are asked for again by refresh, and left alone by skip", async () => {
    const pair = pairCached();
    pair.answerAll();
    await pair.cached.get(note);
    expect(await pair.cached.get(note, { cache: "skip" })).toMatchObject({ value: "a 2" });
    expect(await pair.cached.get(note)).toMatchObject({ value: "a 1" });
    expect(await pair.cached.get(note, { cache: "refresh" })).toMatchObject({ value: "a 3" });
    expect(await pair.cached.get(note, { cache: "use" })).toMatchObject({ value: "a 3" });
    expect(await reasonOf(pair.cached.get(note, { cache: "never" as "skip" }))).toBe("OPTION_INVALID");
  });

  test("that are errors, or invalid, are not kept", async () => {
    const { cached, asked } = pairCached();
    const failing = reasonOf(cached.get(note));
    await turns();
    asked[0]!.fail(new CrucibleError("NOTE_LOCKED", "locked"));
    expect(await failing).toBe("NOTE_LOCKED");
    const invalid = reasonOf(cached.get(note));
    await turns();
    asked[1]!.answer("v", "invalid");
    expect(await invalid).toBe("VALIDATION_FAILED");
    const fine = cached.get(note);
    await turns();
    asked[2]!.answer("fine");
    expect(await fine).toMatchObject({ value: "fine" });
    expect(asked.length).toBe(3);
  });

  test("of sensitive methods are kept only where the schema allows it", async () => {
    const pair = pairCached();
    pair.answerAll();
    expect((await pair.cached.secret(note)).value).toBe("a 1");
    expect((await pair.cached.secret(note)).value).toBe("a 2");
    expect((await pair.cached.allowed(note)).value).toBe("a 3");
    expect((await pair.cached.allowed(note)).value).toBe("a 3");
  });

  test("that are too large, like requests, go as if nothing were cached", async () => {
    const pair = pairCached();
    pair.answerAll();
    const large = { key: "a", value: "x".repeat(5_000) };
    expect((await pair.cached.get(large)).value).toBe("a 1");
    expect((await pair.cached.get(large)).value).toBe("a 2");
    const fitting = { key: "a", value: "x".repeat(3_000) };
    expect((await pair.cached.get(fitting)).value).toBe("a 3");
    expect((await pair.cached.get(fitting)).value).toBe("a 3");
  });

  test("are kept by nobody when there is no room for any", async () => {
    const clock = new ManualClock();
    const pair = pairCached({ clock, space: new AnswerSpace(clock, 0) });
    pair.answerAll();
    expect((await pair.cached.get(note)).value).toBe("a 1");
    expect((await pair.cached.get(note)).value).toBe("a 2");
  });

  test("stay in their session, and go with it", async () => {
    const clock = new ManualClock();
    const space = new AnswerSpace(clock);
    const [one, two] = [pairCached({ clock, space }), pairCached({ clock, space })];
    one.answerAll();
    two.answerAll();
    await two.cached.get({ key: "other" });
    expect((await one.cached.get(note)).value).toBe("a 1");
    expect((await two.cached.get(note)).value).toBe("a 2");
    const both = space.bytes;
    one.daemon.session.abort(new CrucibleError("PEER_LOST", "gone"));
    expect(await reasonOf(one.cached.get(note))).toBe("PEER_LOST");
    expect(space.bytes).toBeLessThan(both);
    void two.daemon.session.drain(1_000, "PLUGIN_STOPPING");
    expect(await reasonOf(two.cached.get(note))).toBe("SHUTTING_DOWN");
    await turns();
    expect(space.bytes).toBe(0);
  });

  test("pass interceptors like any others", async () => {
    const seen: string[] = [];
    const pair = pairCached({
      interceptors: [
        (next) => async (call) => {
          const answer = await next(call);
          seen.push((answer as { value: string }).value);
          return answer;
        },
      ],
    });
    pair.answerAll();
    await pair.cached.get(note);
    await pair.cached.get(note);
    await pair.cached.get(note, { cache: "skip" });
    expect(seen).toEqual(["a 1", "a 1", "a 2"]);
  });

  test("are no help to a call that nobody wants, or that cannot be made", async () => {
    const pair = pairCached();
    pair.answerAll();
    await pair.cached.get(note);
    expect(await reasonOf(pair.cached.get(note, { timeoutMs: 0 }))).toBe("DEADLINE_EXCEEDED");
    expect(await reasonOf(pair.cached.get(note, { signal: AbortSignal.abort() }))).toBe("CANCELLED");
    expect(await reasonOf(pair.cached.get(note, { metadata: { "crucible-x": "y" } }))).toBe("METADATA_INVALID");
    expect(await reasonOf(pair.cached.get({ key: 7 as never }))).toBe("ENCODE_INVALID");
    expect(pair.asked.length).toBe(1);
  });
});

describe("what has changed", () => {
  test("is told by events: a subject covers those under it, and no others", async () => {
    const pair = pairCached();
    pair.answerAll();
    const value = async (): Promise<string> => (await pair.cached.get(note)).value;
    await pair.cached.other(note);
    expect(await value()).toBe("a 2");
    for (const subject of ["note", "notesx", "vault", "vault.changing", "other.notes"]) await publish(pair, subject);
    expect(await value()).toBe("a 2");
    await publish(pair, "notes");
    expect(await value()).toBe("a 3");
    await publish(pair, "notes.inbox.first");
    expect(await value()).toBe("a 4");
    await publish(pair, "vault.changed");
    expect(await value()).toBe("a 5");
    expect((await pair.cached.other(note)).value).toBe("a 1");
  });

  test("is known before a handler of the event asks; an event that nobody handles is not taken by the cache", async () => {
    const pair = pairCached();
    pair.answerAll();
    await pair.cached.get(note);
    let acknowledged = false;
    const codec = { typeName: "none", write: (_: unknown, __: Uint8Array, at: number) => at, read: () => ({}) };
    const told = async (): Promise<void> => {
      await pair.plugin.publish("notes", codec, {}, { acknowledge: true });
      acknowledged = true;
    };
    void told();
    await turns();
    expect(acknowledged).toBe(false);
    await pair.cached.get(note);
    const heard: Promise<string>[] = [];
    pair.daemon.subscribe(() => {
      heard.push(pair.cached.get(note).then(({ value }) => value));
    });
    await publish(pair, "notes");
    expect(await Promise.all(heard)).toEqual(["a 3"]);
  });

  test.each([
    ["well", async (pair: ReturnType<typeof pairCached>) => void (await pair.cached.put(note))],
    [
      "as a stream",
      async ({ cached }: ReturnType<typeof pairCached>) => {
        for await (const _ of cached.import([note, note])) continue;
      },
    ],
    [
      "as a stream that was left early",
      async ({ cached }: ReturnType<typeof pairCached>) => {
        for await (const _ of cached.import([note, note])) break;
      },
    ],
  ])("is known when a call has ended %s", async (_, change) => {
    const pair = pairCached();
    pair.answerAll();
    const { value } = await pair.cached.get(note);
    await change(pair);
    expect((await pair.cached.get(note)).value).not.toBe(value);
  });

  test.each(["an error", "its deadline", "a cancel"])("is known when a call has ended by %s", async (by) => {
    const pair = pairCached();
    const first = pair.cached.get(note);
    await turns();
    pair.asked[0]!.answer("old");
    await first;
    const leave = new AbortController();
    const put = reasonOf(pair.cached.put(note, { timeoutMs: 500, signal: leave.signal }));
    await turns();
    // The call is on its way: what was kept may still be served.
    expect((await pair.cached.get(note)).value).toBe("old");
    if (by === "an error") pair.asked[1]!.fail(new Error("no"));
    if (by === "its deadline") pair.clock.advance(500);
    if (by === "a cancel") leave.abort();
    await put;
    const second = pair.cached.get(note);
    await turns();
    pair.asked[2]!.answer("new");
    expect((await second).value).toBe("new");
  });

  test("while a request was on its way: its answer is nobody else's", async () => {
    const pair = pairCached();
    const before = pair.cached.get(note);
    await turns();
    await publish(pair, "notes");
    const after = pair.cached.get(note);
    await turns();
    expect(pair.asked.length).toBe(2);
    pair.asked[1]!.answer("new");
    expect((await after).value).toBe("new");
    pair.asked[0]!.answer("old");
    expect((await before).value).toBe("old");
    expect((await pair.cached.get(note)).value).toBe("new");
  });

  test("by a refresh: an older answer that comes later does not replace it", async () => {
    const pair = pairCached();
    const before = pair.cached.get(note);
    const refreshed = pair.cached.get(note, { cache: "refresh" });
    await turns();
    pair.asked[1]!.answer("new");
    await refreshed;
    pair.asked[0]!.answer("old");
    expect((await before).value).toBe("old");
    expect((await pair.cached.get(note)).value).toBe("new");
  });
});

test("a stub inside a handler has the cache of its session", async () => {
  const pair = pairCached();
  pair.answerAll();
  const inside = pair.daemon.client(Cached);
  expect((await inside.get(note)).value).toBe("a 1");
  expect((await pair.cached.get(note)).value).toBe("a 1");
});
