// Control messages, events, and the end.
import { Call, call, echoRequest, expectAlive, expectEqual, untilObserved } from "../calls.js";
import type { ConformanceCase } from "../case.js";
import { Nonconformance, toldError } from "../wire/connection.js";
import { Flag, FrameType } from "../wire/frame.js";
import { bytesOf, decode, field, textOf } from "../wire/protobuf.js";
import type { Session } from "../wire/session.js";

/** How long a plugin may take to end behind the end of its session, with room for a slow machine, in milliseconds. */
const exitMs = 5_000;
const nonce = Buffer.from("0102030405060708", "hex");

/** In order. */
export const controlCases: readonly ConformanceCase[] = [
  {
    name: "control/heartbeat",
    demands: "answers a Heartbeat with its nonce, in clear and sealed",
    section: "§16",
    async run({ session }) {
      const one = await session();
      for (const flags of [0, Flag.Encrypted]) {
        const id = one.nextId();
        const payload = Buffer.concat([Buffer.from([0x09]), nonce]);
        one.connection.send({ type: FrameType.Heartbeat, flags, id, payload });
        const answer = await one.connection.take("the answer to a Heartbeat", FrameType.Response, id);
        expectEqual("END_STREAM on the answer", answer.flags & Flag.EndStream, Flag.EndStream);
        const beat = bytesOf(decode(answer.payload), 15).at(-1) ?? Buffer.alloc(0);
        expectEqual("the answer", beat.toString("hex"), payload.toString("hex"));
      }
    },
  },
  {
    name: "control/heartbeat-while-busy",
    demands: "answers a Heartbeat while calls wait",
    section: "§16",
    async run({ session }) {
      const one = await session();
      const wait = await Call.open(one, "Wait", {}, field(1, "busy"));
      const id = one.nextId();
      one.connection.send({ type: FrameType.Heartbeat, id, payload: Buffer.alloc(0) });
      await one.connection.take("the answer to a Heartbeat", FrameType.Response, id);
      wait.cancel();
      await wait.fail("CANCELLED");
    },
  },
  {
    name: "control/heartbeat-sent",
    demands: "sends a Heartbeat when nothing has come for the interval",
    section: "§16",
    async run({ open }) {
      await using one = await open({ heartbeatMs: 1_000 });
      await one.connection.until("a Heartbeat", () => (one.connection.heartbeats > 0 ? true : undefined));
      await expectAlive(one);
    },
  },
  {
    name: "control/peer-lost",
    demands: "ends when nothing has come for three intervals",
    section: "§16",
    async run({ open }) {
      await using one = await open({ heartbeatMs: 1_000 });
      one.connection.answering = false;
      await one.connection.untilClosed(10_000);
      expectFailed(await one.untilExit(exitMs));
    },
  },
  {
    name: "control/health",
    demands: "answers a HealthCheck, or that it does not know it",
    section: "§1.1",
    async run({ session }) {
      const one = await session();
      const id = one.nextId();
      one.connection.send({ type: FrameType.HealthCheck, id, payload: Buffer.alloc(0) });
      const answer = await one.connection.until("the answer to a HealthCheck", () =>
        one.connection.frames.find((frame) => frame.id === id),
      );
      if (answer.type === FrameType.Error)
        expectEqual("the reason", toldError(answer.payload).reason, "METHOD_UNKNOWN");
      else expectEqual("the type of the answer", answer.type, FrameType.Response);
    },
  },
  {
    name: "control/event",
    demands: "drops Events that it does not want or cannot read, without a word",
    section: "§15",
    async run({ session }) {
      const one = await session();
      const id = Buffer.concat([Buffer.from("0190000000007000", "hex"), Buffer.from("8000000000000001", "hex")]);
      const event = Buffer.concat([field(1, id), field(2, "nobody.cares"), field(6, 1n), field(15, Buffer.alloc(0))]);
      for (const payload of [event, Buffer.from([0x7a, 0x7f])]) {
        one.connection.send({ type: FrameType.Event, id: one.nextId(), payload });
      }
      await expectAlive(one);
    },
  },
  {
    name: "shutdown/idle",
    demands: "closes after Shutdown when no call is live, and ends with exit code 0",
    section: "§17",
    ends: true,
    async run({ session }) {
      const one = await session();
      shutdown(one);
      await leave(one);
    },
  },
  {
    name: "shutdown/drains",
    demands: "goes on with live calls after Shutdown, then ends with exit code 0",
    section: "§17",
    ends: true,
    async run({ session }) {
      const one = await session();
      const talk = await Call.open(one, "Talk");
      await talk.send(field(1, "before"));
      expectEqual("the text", textOf(await talk.message(0), 1), "before");
      shutdown(one);
      await talk.send(field(1, "behind"));
      expectEqual("the text", textOf(await talk.message(1), 1), "behind");
      talk.halfClose();
      await talk.succeed();
      await leave(one);
    },
  },
  {
    name: "shutdown/error",
    demands: "closes for an Error with the id 0, and does not end with exit code 0",
    section: "§2",
    ends: true,
    async run({ session }) {
      const one = await session();
      const words = Buffer.concat([field(1, 6n), field(2, 14n), field(3, "REVOKED"), field(4, "for a test")]);
      one.connection.send({ type: FrameType.Error, flags: Flag.EndStream, payload: words });
      await one.connection.untilClosed();
      expectFailed(await one.untilExit(exitMs));
    },
  },
  {
    name: "shutdown/lost",
    demands: "ends its process when the connection is lost, and not with exit code 0",
    section: "§18.2",
    ends: true,
    async run({ session }) {
      const one = await session();
      await call(one, "Echo", echoRequest("last"));
      one.connection.destroy();
      expectFailed(await one.untilExit(exitMs));
    },
  },
  {
    name: "shutdown/lost-while-busy",
    demands: "ends its process when the connection is lost in the middle of a call",
    section: "§18.2",
    ends: true,
    async run({ session }) {
      const one = await session();
      await Call.open(one, "Wait", {}, field(1, "lost"));
      await untilObserved(one, "lost", "running");
      one.connection.destroy();
      expectFailed(await one.untilExit(exitMs));
    },
  },
  {
    name: "shutdown/orphan",
    demands: "ends its process when the descriptor of the ticket ends",
    section: "§18.2",
    ends: true,
    async run({ session }) {
      const one = await session();
      await call(one, "Echo", echoRequest("last"));
      one.process.closeTicket();
      await one.untilExit(exitMs);
    },
  },
];

function shutdown(session: Session): void {
  const payload = Buffer.concat([field(1, "DAEMON_STOPPING"), field(2, 5_000n)]);
  session.connection.send({ type: FrameType.Shutdown, payload });
}

/** The sender of a Shutdown closes when nothing is live; its peer may be first. */
async function leave(session: Session): Promise<void> {
  await expectQuiet(session);
  session.connection.destroy();
  const { code, signal } = await session.untilExit(exitMs);
  if (code !== 0)
    throw new Nonconformance(`its process ended with ${signal ?? `exit code ${code}`}, not with exit code 0`);
}

/** Gives it a moment to close by itself, and sees that it has nothing to complain of. */
async function expectQuiet({ connection }: Session): Promise<void> {
  const end = performance.now() + 200;
  await connection
    .until("quiet", () => (connection.closed || performance.now() >= end ? true : undefined), 250)
    .catch(() => {});
  const { lastWords } = connection;
  if (lastWords !== undefined) throw new Nonconformance(`it answered Shutdown with ${lastWords.reason}`);
}

function expectFailed({ code }: { readonly code: number | null }): void {
  if (code === 0) throw new Nonconformance("its process says by exit code 0 that the session was shut down in order");
}
