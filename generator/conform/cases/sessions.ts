// Sessions of several connections, and such that outlive them. A plugin that does not offer `join` or `resume` need not.
import { randomBytes } from "node:crypto";
import { Call, call, echoRequest, expectAlive, expectEqual, untilObserved } from "../calls.js";
import type { ConformanceCase } from "../case.js";
import { type Connection, Nonconformance } from "../wire/connection.js";
import { FrameType } from "../wire/frame.js";
import { decode, field, numberOf } from "../wire/protobuf.js";
import { type Arrival, type Behaviour, Intent, type Session } from "../wire/session.js";

/** How long a plugin may take to dial again, and to end when it may not, in milliseconds. */
const againMs = 5_000;
/** Long enough for a plugin that opens connections as it needs them. */
const soonMs = 500;
/** A message of several fragments. */
const large = Buffer.alloc(400_000, 7);

const resuming: Behaviour = { features: ["resume"] };
const joining: Behaviour = { features: ["join"], maxConnections: 2 };

/** In order. */
export const sessionCases: readonly ConformanceCase[] = [
  {
    name: "resume/comes-back",
    demands: "dials again when its connection is lost, shows the ticket of its session, and goes on",
    section: "§12.7",
    run: inSession("resume", resuming, async (one) => {
      await call(one, "Echo", echoRequest("before"));
      for (let round = 0; round < 2; round++) {
        one.connection.destroy();
        await comeBack(one);
        await expectAlive(one);
      }
      if (one.process.end !== undefined) throw new Nonconformance("its process has ended all the same");
    }),
  },
  {
    name: "resume/calls-end",
    demands: "ends the calls of a connection that is lost",
    section: "§12.7",
    run: inSession("resume", resuming, async (one) => {
      await Call.open(one, "Wait", {}, field(1, "lost"));
      await untilObserved(one, "lost", "running");
      one.connection.destroy();
      await comeBack(one);
      await untilObserved(one, "lost", "stopped");
    }),
  },
  {
    name: "resume/refused",
    demands: "ends when its session is not known any more, and not with exit code 0",
    section: "§12.7",
    run: inSession("resume", resuming, async (one) => {
      await expectAlive(one);
      one.connection.destroy();
      const { connection } = await arrival(one);
      const words = [field(1, 2n), field(2, 16n), field(3, "SESSION_UNKNOWN"), field(4, "for a test")];
      connection.send({ type: FrameType.Error, flags: 0x0a, payload: Buffer.concat(words) });
      const { code } = await one.untilExit(againMs);
      if (code === 0) throw new Nonconformance("its process says by exit code 0 that all went well");
    }),
  },
  {
    name: "resume/impostor",
    demands: "shows the ticket of its session to no daemon that cannot prove who it is",
    section: "§12.7",
    run: inSession("resume", resuming, async (one) => {
      await expectAlive(one);
      one.connection.destroy();
      const connection = await one.dials(againMs);
      await one.arrives(0, { ...resuming, identity: { stranger: true }, untilSecond: true }, connection);
      await connection.untilRefused("DAEMON_IDENTITY");
      if (connection.frames.length > 0) throw new Nonconformance("it sent message 3 all the same");
    }),
  },
  {
    name: "resume/other-session",
    demands: "refuses to go on under another session id",
    section: "§12.7",
    run: inSession("resume", resuming, async (one) => {
      await expectAlive(one);
      one.connection.destroy();
      const came = await arrival(one);
      const other = randomBytes(8);
      other.writeUInt8((other.readUInt8(6) & 15) | 128, 6);
      one.letIn(came, { session: other.readBigUInt64BE() });
      await came.connection.untilClosed();
    }),
  },
  {
    name: "join/bounded",
    demands: "opens no more connections than it may",
    section: "§12.7",
    run: inSession("join", { features: ["join"] }, async (one) => {
      for (let i = 0; i < 3; i++) await call(one, "Echo", echoRequest("large", large));
      if ((await one.arrives(soonMs, joining)) !== undefined) throw new Nonconformance("it opened a second connection");
    }),
  },
  {
    name: "join/second",
    demands: "answers on each connection of its session what came by it, if it opens a second one",
    section: "§12.7",
    run: inSession("join", joining, async (one) => {
      await call(one, "Echo", echoRequest("large", large));
      const came = await one.arrives(soonMs, joining);
      // It need not.
      if (came === undefined) return;
      expectEqual("the intent of its proof", numberOf(came.introduction.proof, 1), Intent.Join);
      one.letIn(came, joining);
      const first = one.connection;
      const wait = await Call.open(one, "Wait", {}, field(1, "first"));
      await untilObserved(one, "first", "running");
      one.connection = came.connection;
      await expectAlive(one);
      came.connection.destroy();
      one.connection = first;
      await expectAlive(one);
      wait.cancel();
      await wait.fail("CANCELLED");
    }),
  },
  {
    name: "join/retired",
    demands: "answers Shutdown of a connection alone in kind, loses no call by it, and goes on elsewhere",
    section: "§17",
    run: inSession("join", { features: ["join", "resume"], maxConnections: 2 }, async (one) => {
      const talk = await Call.open(one, "Talk");
      await talk.send(field(1, "before"));
      await talk.message(0);
      retire(one.connection);
      // On its way when the plugin hears of it.
      await expectAlive(one);
      const answer = await one.connection.take("the answer to Shutdown", FrameType.Shutdown, 0);
      expectEqual("connection_only of the answer", numberOf(decode(answer.payload), 4), 1);
      await talk.send(field(1, "behind"));
      await talk.message(1);
      talk.halfClose();
      await talk.succeed();
      one.connection.destroy();
      await comeBack(one, { features: ["join", "resume"], maxConnections: 2 });
      await expectAlive(one);
    }),
  },
];

/** A case in a session of its own; a plugin that does not offer the feature passes it. */
function inSession(
  feature: "join" | "resume",
  behaviour: Behaviour,
  run: (one: Session) => Promise<void>,
): ConformanceCase["run"] {
  return async ({ open }) => {
    const one = await open(behaviour);
    if (one.agreedOn(feature)) await run(one);
  };
}

async function arrival(one: Session, behaviour: Behaviour = resuming): Promise<Arrival> {
  const came = await one.arrives(againMs, behaviour);
  if (came !== undefined) return came;
  throw new Nonconformance(`it has not dialled again within ${againMs} ms`);
}

/** Takes the plugin back into its session, by whatever it asks for. */
async function comeBack(one: Session, behaviour: Behaviour = resuming): Promise<void> {
  const came = await arrival(one, behaviour);
  const intent = numberOf(came.introduction.proof, 1);
  if (intent !== Intent.Resume && intent !== Intent.Join) {
    throw new Nonconformance(`the intent of its proof is ${intent}, neither JOIN nor RESUME`);
  }
  one.letIn(came, behaviour);
  one.connection = came.connection;
}

/** Ends one connection in order, and the session not. */
function retire(connection: Connection): void {
  const payload = [field(1, "REPLACED"), field(2, 60_000n), field(3, BigInt(Number.MAX_SAFE_INTEGER)), field(4, 1n)];
  connection.send({ type: FrameType.Shutdown, payload: Buffer.concat(payload) });
}
