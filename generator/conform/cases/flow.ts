// Fragments and credit.
import { Call, call, echoRequest, expectAlive, expectEqual, requestHead } from "../calls.js";
import type { ConformanceCase } from "../case.js";
import { Nonconformance } from "../wire/connection.js";
import { Flag, fragmentBytes, FrameType, overheadBytes, windowBytes } from "../wire/frame.js";
import { bytesOf, field, numberOf } from "../wire/protobuf.js";

const large = 300_000;
/** Above this a sender must not wait (§10). */
const mustSendAbove = 32_768;

/** In order. */
export const flowCases: readonly ConformanceCase[] = [
  {
    name: "fragments/large",
    demands: "takes and sends messages of many fragments, none above 65,492 bytes",
    section: "§7",
    async run({ session }) {
      const one = await session();
      const payload = Buffer.alloc(large, "crucible");
      const echo = await Call.open(one, "Echo", {}, echoRequest("large", payload));
      const [response] = await echo.succeed();
      if (response === undefined || bytesOf(response, 2).at(-1)?.equals(payload) !== true) {
        throw new Nonconformance("the payload came back as another one");
      }
      const widest = Math.max(...echo.track.costs) - overheadBytes;
      if (widest > fragmentBytes) throw new Nonconformance(`it sent a fragment of ${widest} bytes`);
    },
  },
  {
    name: "fragments/small",
    demands: "takes a message in fragments of any size, also of different calls by turns",
    section: "§7",
    async run({ session }) {
      const one = await session();
      const text = "cut into pieces";
      const envelope = Buffer.concat([requestHead("Echo", {}), field(15, echoRequest(text))]);
      const first = 8;
      const calls = [1, 2].map(() => Call.openRaw(one, "Echo", Flag.More, envelope.subarray(0, first)));
      for (let at = first; at < envelope.length; at += 2) {
        const flags = at + 2 >= envelope.length ? Flag.EndStream : Flag.More;
        for (const each of calls) each.frame(FrameType.Request, flags, envelope.subarray(at, at + 2));
      }
      for (const each of calls) expectEqual("the count of responses", (await each.succeed()).length, 1);
    },
  },
  {
    name: "fragments/cancelled",
    demands: "forgets a message whose call is cancelled before its last fragment",
    section: "§7",
    async run({ session }) {
      const one = await session();
      const begun = Call.openRaw(one, "Echo", Flag.More, requestHead("Echo", {}));
      begun.cancel();
      await begun.fail("CANCELLED");
      await expectAlive(one);
    },
  },
  {
    name: "fragments/empty",
    demands: "ends the connection for a fragment with MORE and no payload",
    section: "§7",
    ends: true,
    async run({ session }) {
      const one = await session();
      Call.openRaw(one, "Echo", Flag.More, Buffer.alloc(0));
      await one.connection.untilRefused("BAD_FRAGMENT");
    },
  },
  {
    name: "credit/respected",
    demands: "sends no more than its window, and goes on when it is granted",
    section: "§10",
    async run({ session }) {
      const one = await session();
      const { connection } = one;
      connection.granting = false;
      try {
        const [count, size] = [100, 4_000];
        const request = Buffer.concat([field(1, BigInt(count)), field(2, BigInt(size))]);
        const counting = await Call.open(one, "Count", {}, request);
        // It has sent all that it may when less than one more message is left.
        const isFull = (): true | undefined => (counting.track.granted < size + 100 ? true : undefined);
        for (let granted = 0; granted < 3; granted++) {
          await connection.until("what the window has room for", isFull);
          connection.grant(counting.id, windowBytes);
        }
        connection.granting = true;
        connection.grant(counting.id, count * (size + 100));
        const messages = await counting.succeed();
        expectEqual("the count of messages", messages.length, count);
        expectEqual("the last number", numberOf(messages.at(-1) ?? new Map(), 1), count);
      } finally {
        connection.granting = true;
      }
    },
  },
  {
    name: "credit/cuts",
    demands: "cuts a fragment rather than wait while more than 32,768 bytes of the window remain",
    section: "§10",
    async run({ session }) {
      const one = await session();
      const { connection } = one;
      connection.granting = false;
      try {
        const counting = await Call.open(one, "Count", {}, Buffer.concat([field(1, 4n), field(2, 20_000n)]));
        const used = (): true | undefined => (counting.track.granted <= mustSendAbove ? true : undefined);
        await connection.until("enough of the window to be used", used);
        connection.granting = true;
        connection.grant(counting.id, windowBytes);
        expectEqual("the count of messages", (await counting.succeed()).length, 4);
      } finally {
        connection.granting = true;
      }
    },
  },
  {
    name: "credit/granted",
    demands: "grants what it has consumed, so that a stream of any length passes",
    section: "§10",
    async run({ session }) {
      const sum = await Call.open(await session(), "Sum");
      const payload = Buffer.alloc(10_000);
      for (let i = 0; i < 40; i++) await sum.send(Buffer.concat([field(1, 1n), field(2, payload)]));
      sum.halfClose();
      const [response] = await sum.succeed();
      expectEqual("the length of the payloads", response && numberOf(response, 2), 400_000);
    },
  },
  {
    name: "credit/other-calls",
    demands: "serves other calls while one waits for credit",
    section: "§10",
    async run({ session }) {
      const one = await session();
      const { connection } = one;
      connection.granting = false;
      const counting = await Call.open(one, "Count", {}, Buffer.concat([field(1, 100n), field(2, 4_000n)]));
      await connection.until("the window to be used", () => (counting.track.granted < 4_100 ? true : undefined));
      connection.granting = true;
      await call(one, "Echo", echoRequest("meanwhile"));
      counting.cancel();
      await counting.fail("CANCELLED");
    },
  },
  {
    name: "credit/exceeded",
    demands: "ends the connection when its window is exceeded",
    section: "§10",
    ends: true,
    async run({ session }) {
      const one = await session();
      // A frame of more than the initial window cannot have been granted yet: it is the first of its call.
      const envelope = Buffer.concat([requestHead("Echo", {}), field(15, echoRequest("x", Buffer.alloc(windowBytes)))]);
      Call.openRaw(one, "Echo", Flag.EndStream, envelope);
      await one.connection.untilRefused("CREDIT_EXCEEDED");
    },
  },
  {
    name: "credit/zero",
    demands: "ends the connection for a grant of 0, or one that passes the largest window",
    section: "§10",
    ends: true,
    async run({ session, open }) {
      for (const bytes of [0, 0x7fff_ffff]) {
        const one = bytes === 0 ? await session() : await open();
        const wait = await Call.open(one, "Wait", {}, field(1, "credit"));
        one.connection.send({ type: FrameType.Credit, id: wait.id, payload: field(1, bytes) });
        await one.connection.untilRefused("BAD_CREDIT");
      }
    },
  },
];
