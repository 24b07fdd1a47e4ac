// Handshake and registration.
import { expectEqual, methodId, methods, serviceName } from "../calls.js";
import type { ConformanceCase } from "../case.js";
import { Nonconformance } from "../wire/connection.js";
import { Flag, FrameType } from "../wire/frame.js";
import type { IdentityFaults } from "../wire/identity.js";
import { numberOf, textOf } from "../wire/protobuf.js";
import { hostedMethods } from "../wire/session.js";

const semver = /^\d+\.\d+\.\d+(?:-[\w.-]+)?(?:\+[\w.-]+)?$/;

/** What a plugin has to find wrong with its daemon. */
const impostors: readonly [name: string, what: string, faults: IdentityFaults][] = [
  ["stranger", "whose certificate another authority has issued", { stranger: true }],
  ["other-daemon", "whose certificate names another one", { otherDaemon: true }],
  ["client", "whose certificate is that of a plugin", { client: true }],
  ["expired", "whose certificate has expired", { expired: true }],
  ["other-key", "that has not signed its key", { otherKey: true }],
];

/** In order. */
export const openingCases: readonly ConformanceCase[] = [
  {
    name: "handshake/opens",
    demands: "completes the handshake with the token and the key of its ticket",
    section: "§12",
    async run({ session }) {
      const { introduction } = await session();
      const { hello, proof } = introduction ?? {};
      if (hello === undefined || proof === undefined) throw new Nonconformance("it has no session");
      if (!(hello.get(1) ?? []).some((version) => holdsOne(version)))
        throw new Nonconformance("it does not offer version 1");
      if (!semver.test(textOf(hello, 3))) throw new Nonconformance("the product version of its hello is no semver");
      if (!textOf(hello, 4).startsWith("conform-")) throw new Nonconformance("its hello names another daemon");
      expectEqual("the intent of its proof", numberOf(proof, 1), 1);
    },
  },
  {
    name: "handshake/registers",
    demands: "registers the methods of the service with true ids, kinds and sensitivity",
    section: "§13",
    async run({ session }) {
      const { introduction } = await session();
      const hosted = introduction === undefined ? [] : hostedMethods(introduction.register);
      for (const [name, { kind, sensitive }] of Object.entries(methods)) {
        const found = hosted.find((method) => method.name === `${serviceName}/${name}`);
        if (found === undefined) throw new Nonconformance(`it does not host ${serviceName}/${name}`);
        expectEqual(`the id of ${name}`, found.id, methodId(name));
        expectEqual(`the kind of ${name}`, found.kind, kind);
        expectEqual(`whether ${name} is sensitive`, found.sensitive, sensitive);
      }
    },
  },
  ...impostors.map(([name, what, identity]): ConformanceCase => ({
    name: `identity/${name}`,
    demands: `refuses a daemon ${what}, before it sends its token`,
    section: "§12.3",
    async run({ open }) {
      await using session = await open({ identity, untilSecond: true });
      await session.connection.untilRefused("DAEMON_IDENTITY");
      if (session.connection.frames.length > 0) throw new Nonconformance("it sent message 3 all the same");
      expectFailed((await session.untilExit(5_000)).code);
    },
  })),
  {
    name: "handshake/downgrade-version",
    demands: "refuses a version that is not the highest of both lists",
    section: "§12.3",
    async run({ open }) {
      await using session = await open({ chosenVersion: 2n, untilSecond: true });
      await session.connection.untilRefused("DOWNGRADE");
    },
  },
  {
    name: "handshake/downgrade-features",
    demands: "refuses a feature that is not in both lists",
    section: "§12.3",
    async run({ open }) {
      await using session = await open({ chosenFeatures: ["sealed"], untilSecond: true });
      await session.connection.untilRefused("DOWNGRADE");
    },
  },
  {
    name: "handshake/clear-answer",
    demands: "refuses an answer to its registration that is not sealed",
    section: "§13",
    async run({ open }) {
      await using session = await open({ clearAnswer: true });
      await session.connection.untilRefused("SEAL_REQUIRED");
    },
  },
  {
    name: "handshake/session-id",
    demands: "refuses a session id without its mark",
    section: "§6.2",
    async run({ open }) {
      await using session = await open({ session: 1n });
      await session.connection.untilRefused("BAD_SESSION");
    },
  },
  {
    name: "handshake/other-answer",
    demands: "refuses a call before its registration is answered",
    section: "§12.5",
    async run({ open }) {
      await using session = await open({ untilSecond: true });
      const { connection } = session;
      await connection.take("message 3 of the handshake", FrameType.Handshake, 0);
      connection.send({ type: FrameType.Request, flags: Flag.EndStream, id: 2, payload: Buffer.alloc(0), session: 0n });
      await connection.untilRefused("BAD_PHASE");
    },
  },
];

/** A list of version numbers may come packed. */
function holdsOne(value: bigint | number | Buffer): boolean {
  return Buffer.isBuffer(value) ? value.includes(1) : Number(value) === 1;
}

function expectFailed(code: number | null): void {
  if (code === 0) throw new Nonconformance("its process says by exit code 0 that all went well");
}
