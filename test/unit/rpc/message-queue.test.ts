import { describe, expect, test } from "vitest";
import { CrucibleError } from "../../../runtime/typescript/src/error/index.js";
import { MessageQueue } from "../../../runtime/typescript/src/rpc/message-queue.js";

const failure = new CrucibleError("CANCELLED", "the test cancelled it");

function queue(): { messages: MessageQueue<string>; consumed: () => number; abandoned: () => number } {
  let consumed = 0;
  let abandoned = 0;
  const messages = new MessageQueue<string>(
    (cost) => (consumed += cost),
    () => abandoned++,
  );
  return { messages, consumed: () => consumed, abandoned: () => abandoned };
}

const done = { done: true, value: undefined };

describe("a message counts as consumed", () => {
  test("when it is pulled", async () => {
    const { messages, consumed } = queue();
    messages.push("a", 1);
    messages.push("b", 10);
    expect(consumed()).toBe(0);
    expect(await messages.next()).toEqual({ done: false, value: "a" });
    expect(consumed()).toBe(1);
  });

  test("when somebody waited for it", async () => {
    const { messages, consumed } = queue();
    const next = messages.next();
    messages.push("a", 5);
    expect(consumed()).toBe(5);
    expect(await next).toEqual({ done: false, value: "a" });
  });

  test("when the consumer has left, those that waited included", async () => {
    const { messages, consumed, abandoned } = queue();
    for (let i = 0; i < 3; i++) messages.push("x", 100);
    await messages.next();
    expect(await messages.return()).toEqual(done);
    expect(consumed()).toBe(300);
    messages.push("late", 7);
    expect(consumed()).toBe(307);
    expect(abandoned()).toBe(1);
    expect(await messages.next()).toEqual(done);
  });
});

describe("ends", () => {
  test("what waits is still pulled, then the end", async () => {
    const { messages, abandoned } = queue();
    messages.push("a", 1);
    messages.end();
    messages.end();
    expect(await messages.next()).toEqual({ done: false, value: "a" });
    expect(await messages.next()).toEqual(done);
    await messages.return();
    expect(abandoned()).toBe(0);
  });

  test("what waits is still pulled, then the error, once", async () => {
    const { messages } = queue();
    messages.push("a", 1);
    messages.fail(failure);
    expect(await messages.next()).toEqual({ done: false, value: "a" });
    await expect(messages.next()).rejects.toBe(failure);
    expect(await messages.next()).toEqual(done);
  });

  test("whoever waits hears of it at once", async () => {
    const { messages } = queue();
    const next = messages.next();
    messages.fail(failure);
    await expect(next).rejects.toBe(failure);
    const other = queue().messages;
    const waiting = other.next();
    await other.return();
    expect(await waiting).toEqual(done);
  });

  test("an error that nobody reads is no unhandled rejection", async () => {
    queue().messages.fail(failure);
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  });
});

test("a second consumer is told so", async () => {
  const { messages } = queue();
  const first = messages.next();
  await expect(messages.next()).rejects.toMatchObject({ reason: "STREAM_MISUSE" });
  messages.push("a", 1);
  expect(await first).toEqual({ done: false, value: "a" });
});

test("thousands of messages come out in order, with their costs", async () => {
  const { messages, consumed } = queue();
  let pulled = 0;
  let pushed = 0;
  for (let round = 0; round < 50; round++) {
    for (let i = 0; i < 100; i++) messages.push(String(pushed++), 2);
    for (let i = 0; i < 90; i++) expect((await messages.next()).value).toBe(String(pulled++));
  }
  messages.end();
  for await (const message of messages) expect(message).toBe(String(pulled++));
  expect([pulled, consumed()]).toEqual([5_000, 10_000]);
});
