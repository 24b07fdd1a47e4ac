// Calls of every kind, as they go well and as they fail.
import {
  Call,
  call,
  echoRequest,
  expectAlive,
  expectEqual,
  methodId,
  requestHead,
  signedOf,
  untilObserved,
} from "../calls.js";
import type { ConformanceCase } from "../case.js";
import { Nonconformance } from "../wire/connection.js";
import { Flag, FrameType } from "../wire/frame.js";
import { bytesOf, field, numberOf, textOf } from "../wire/protobuf.js";

/** In order. */
export const callingCases: readonly ConformanceCase[] = [
  {
    name: "unary/echo",
    demands: "answers a unary call",
    section: "§9",
    async run({ session }) {
      const payload = Buffer.from([0, 1, 254, 255]);
      const response = await call(await session(), "Echo", echoRequest("héllo \u0000 wörld", payload));
      expectEqual("the text", textOf(response, 1), "héllo \u0000 wörld");
      expectEqual("the payload", bytesOf(response, 2).at(-1)?.toString("hex"), "0001feff");
    },
  },
  {
    name: "unary/empty",
    demands: "takes a body of no bytes for an empty message",
    section: "§8",
    run: async ({ session }) => void (await call(await session(), "Echo", Buffer.alloc(0))),
  },
  {
    name: "unary/many",
    demands: "answers calls that are open at the same time, each its own",
    section: "§9",
    async run({ session }) {
      const one = await session();
      const texts = Array.from({ length: 50 }, (_, i) => `call ${i}`);
      const answers = await Promise.all(texts.map((text) => call(one, "Echo", echoRequest(text))));
      for (const [i, answer] of answers.entries()) expectEqual("the text", textOf(answer, 1), texts[i]);
    },
  },
  {
    name: "unary/metadata",
    demands: "hands metadata on, keys that repeat in their order",
    section: "§8",
    async run({ session }) {
      const metadata = [
        ["user", "ada"],
        ["other", "x"],
        ["user", "bob"],
      ] as const;
      const response = await call(await session(), "Echo", echoRequest("", undefined, "user"), { metadata });
      expectEqual("metadata of user", bytesOf(response, 3).join(), "ada,bob");
    },
  },
  {
    name: "unary/reserved-metadata",
    demands: "does not fail on metadata keys that begin with crucible-",
    section: "§8",
    run: async ({ session }) =>
      void (await call(await session(), "Echo", echoRequest("x"), { metadata: [["crucible-new", "x"]] })),
  },
  {
    name: "unary/unknown-fields",
    demands: "skips fields that it does not know",
    section: "§8",
    async run({ session }) {
      const unknown = Buffer.concat([field(100, 7n), field(101, "later"), field(102, 1)]);
      const body = Buffer.concat([echoRequest("x"), field(1000, "later")]);
      expectEqual("the text", textOf(await call(await session(), "Echo", body, { unknown }), 1), "x");
    },
  },
  {
    name: "unary/field-order",
    demands: "takes the fields of an envelope in any order",
    section: "§8",
    async run({ session }) {
      const payload = Buffer.concat([field(15, echoRequest("first")), requestHead("Echo", {})]);
      const [response] = await Call.openRaw(await session(), "Echo", Flag.EndStream, payload).succeed();
      expectEqual("the text", response === undefined ? "" : textOf(response, 1), "first");
    },
  },
  {
    name: "stream/server",
    demands: "sends a stream of messages and ends it",
    section: "§9",
    async run({ session }) {
      const request = Buffer.concat([field(1, 5n), field(2, 3n)]);
      const messages = await (await Call.open(await session(), "Count", {}, request)).succeed();
      expectEqual("the list of numbers", messages.map((message) => numberOf(message, 1)).join(), "1,2,3,4,5");
    },
  },
  {
    name: "stream/server-empty",
    demands: "ends a stream without messages",
    section: "§9",
    async run({ session }) {
      const messages = await (await Call.open(await session(), "Count", {}, Buffer.alloc(0))).succeed();
      expectEqual("the count of messages", messages.length, 0);
    },
  },
  {
    name: "stream/client",
    demands: "takes a stream of messages up to the half-close, and answers",
    section: "§9",
    async run({ session }) {
      const sum = await Call.open(await session(), "Sum");
      for (const value of [1n, -5n, 9_007_199_254_740_993n]) await sum.send(field(1, value));
      sum.halfClose();
      const [response] = await sum.succeed();
      expectEqual("the sum", response && signedOf(response, 1), 9_007_199_254_740_989n);
    },
  },
  {
    name: "stream/last-message",
    demands: "takes a half-close that stands on the last message",
    section: "§9",
    async run({ session }) {
      const sum = await Call.open(await session(), "Sum");
      await sum.send(field(1, 2n));
      await sum.send(field(1, 3n), true);
      const [response] = await sum.succeed();
      expectEqual("the sum", response && signedOf(response, 1), 5n);
    },
  },
  {
    name: "stream/client-empty",
    demands: "takes a stream without messages",
    section: "§9",
    async run({ session }) {
      const sum = await Call.open(await session(), "Sum");
      sum.halfClose();
      expectEqual("the count of responses", (await sum.succeed()).length, 1);
    },
  },
  {
    name: "stream/bidi",
    demands: "answers each message of a stream before the next is sent",
    section: "§9",
    async run({ session }) {
      const talk = await Call.open(await session(), "Talk");
      for (const [i, text] of ["one", "two", "three"].entries()) {
        await talk.send(field(1, text));
        expectEqual("the text", textOf(await talk.message(i), 1), text);
      }
      talk.halfClose();
      expectEqual("the count of messages", (await talk.succeed()).length, 3);
    },
  },
  {
    name: "sealed/call",
    demands: "answers a sealed call with sealed frames",
    section: "§14.3",
    async run({ session }) {
      expectEqual("the secret", textOf(await call(await session(), "Whisper", field(1, "psst")), 1), "psst");
    },
  },
  {
    name: "errors/own",
    demands: "fails a call with the reason and the message of its handler",
    section: "§11",
    async run({ session }) {
      const request = Buffer.concat([field(1, "NOTE_UNKNOWN"), field(2, "there is no such note")]);
      const { message } = await (await Call.open(await session(), "Fail", {}, request)).fail("NOTE_UNKNOWN");
      expectEqual("the message", message, "there is no such note");
      await expectAlive(await session());
    },
  },
  {
    name: "errors/unknown-method",
    demands: "answers a method that it does not host with METHOD_UNKNOWN",
    section: "§9.1",
    async run({ session }) {
      await (await Call.open(await session(), "Missing", { methodId: 1 }, Buffer.alloc(0))).fail("METHOD_UNKNOWN");
      await expectAlive(await session());
    },
  },
  {
    name: "errors/kind",
    demands: "answers a Request that does not fit the kind with METHOD_MISMATCH",
    section: "§9",
    async run({ session }) {
      await (await Call.open(await session(), "Echo")).fail("METHOD_MISMATCH");
      await (await Call.open(await session(), "Sum", {}, Buffer.alloc(0))).fail("METHOD_MISMATCH");
      await expectAlive(await session());
    },
  },
  {
    name: "errors/body",
    demands: "answers a body that is no protobuf with DECODE_INVALID",
    section: "§11",
    async run({ session }) {
      await (await Call.open(await session(), "Echo", {}, Buffer.from([0x0a, 0x7f, 0x01]))).fail("DECODE_INVALID");
      await expectAlive(await session());
    },
  },
  {
    name: "errors/envelope",
    demands: "answers an envelope with a field twice, or that is no protobuf, with BAD_ENVELOPE",
    section: "§8",
    async run({ session }) {
      const twice = Buffer.concat([requestHead("Echo", {}), field(1, methodId("Echo")), field(15, Buffer.alloc(0))]);
      await Call.openRaw(await session(), "Echo", Flag.EndStream, twice).fail("BAD_ENVELOPE");
      await Call.openRaw(await session(), "Echo", Flag.EndStream, Buffer.from([0x7a, 0x7f])).fail("BAD_ENVELOPE");
      await expectAlive(await session());
    },
  },
  {
    name: "deadline/enforced",
    demands: "answers DEADLINE_EXCEEDED when the time is over, and stops the handler",
    section: "§9.2",
    async run({ session }) {
      const wait = await Call.open(await session(), "Wait", { timeoutUs: 200_000n }, field(1, "deadline"));
      await wait.fail("DEADLINE_EXCEEDED");
      await untilObserved(await session(), "deadline", "stopped");
    },
  },
  {
    name: "deadline/expired",
    demands: "answers DEADLINE_EXCEEDED without starting the handler when no time is left",
    section: "§9.2",
    async run({ session }) {
      const wait = await Call.open(await session(), "Wait", { timeoutUs: 0n }, field(1, "expired"));
      await wait.fail("DEADLINE_EXCEEDED");
      await untilObserved(await session(), "expired", "unknown");
    },
  },
  {
    name: "cancel/answered",
    demands: "answers Cancel with CANCELLED at once, and stops the handler",
    section: "§9.3",
    async run({ session }) {
      const wait = await Call.open(await session(), "Wait", {}, field(1, "cancel"));
      await untilObserved(await session(), "cancel", "running");
      wait.cancel();
      await wait.fail("CANCELLED");
      await untilObserved(await session(), "cancel", "stopped");
    },
  },
  {
    name: "cancel/stream",
    demands: "ends a stream that is cancelled",
    section: "§9.3",
    async run({ session }) {
      const one = await session();
      const count = await Call.open(one, "Count", {}, Buffer.concat([field(1, 1_000_000n), field(2, 100n)]));
      await count.message(3);
      count.cancel();
      await count.fail("CANCELLED");
      await expectAlive(one);
    },
  },
  {
    name: "cancel/late",
    demands: "drops what comes for a call that has ended",
    section: "§6.1",
    async run({ session }) {
      const one = await session();
      const echo = await Call.open(one, "Echo", {}, echoRequest("x"));
      await echo.succeed();
      echo.cancel();
      echo.frame(FrameType.Stream, 0, field(15, echoRequest("late")));
      one.connection.send({ type: FrameType.Credit, id: echo.id, payload: field(1, 1) });
      await expectAlive(one);
      if (echo.track.error !== undefined) throw new Nonconformance("it answered a call that it had ended");
    },
  },
];
