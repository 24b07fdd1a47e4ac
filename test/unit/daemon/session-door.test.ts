import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { type EnteredSession, SessionDoor } from "../../../runtime/typescript/src/daemon/session-door.js";
import { CrucibleError } from "../../../runtime/typescript/src/error/index.js";
import {
  decodePluginRegister,
  encodePluginRegister,
} from "../../../runtime/typescript/src/gen/crucible/ipc/v1/control_codec.js";
import type { PluginRegister } from "../../../runtime/typescript/src/gen/crucible/ipc/v1/control_pb.js";
import { Intent } from "../../../runtime/typescript/src/gen/crucible/ipc/v1/handshake_codec.js";
import type { Link } from "../../../runtime/typescript/src/session/link.js";

const staticKey = randomBytes(32);
const link = {} as Link;
const { JOIN, RESUME } = Intent;

interface Room extends EnteredSession {
  connections: number;
  ending: boolean;
  readonly came: string[];
}

function room(capabilities: readonly string[] = []): Room {
  const came: string[] = [];
  return {
    id: { sessionHi: 1, sessionLo: 0x8000 },
    connections: 1,
    ending: false,
    capabilities: new Set(capabilities),
    came,
    join: () => void came.push("join"),
    resume: (_, left) => void came.push(`resume ${[...left].join(",")}`),
  };
}

const door = (): SessionDoor =>
  new SessionDoor({ pluginId: "search", capabilities: new Set(["one", "two"]), maxConnections: 2 });
const register = (capabilities: string[] = []): PluginRegister =>
  decodePluginRegister(encodePluginRegister({ pluginId: "search", capabilities }));
const reasonOf = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    return (error as CrucibleError).reason;
  }
  return "none";
};

describe("the door of a session", () => {
  test("opens to its ticket and key, as often as they come", () => {
    const one = door();
    const sessionTicket = one.issue(staticKey);
    const inside = room(["one", "two"]);
    one.open(inside);
    for (const intent of [JOIN, RESUME, JOIN] as const) {
      const entrance = one.verify({ intent, sessionTicket }, staticKey);
      const { sessionHi, sessionLo, answer } = one.admit(entrance, register(["two"]), { heartbeatIntervalMs: 7 });
      expect([sessionHi, sessionLo, answer.heartbeatIntervalMs]).toEqual([1, 0x8000, 7]);
      expect(answer.capabilities).toEqual(intent === RESUME ? ["two"] : []);
      one.enter(entrance, link, register(["two"]));
    }
    expect(inside.came).toEqual(["join", "resume two", "join"]);
  });

  test("is shut before there is a session, and after", () => {
    const one = door();
    expect(reasonOf(() => one.verify({ intent: JOIN, sessionTicket: randomBytes(32) }, staticKey))).toBe(
      "SESSION_UNKNOWN",
    );
    const entry = { intent: JOIN, sessionTicket: one.issue(staticKey) };
    expect(reasonOf(() => one.verify(entry, staticKey))).toBe("SESSION_UNKNOWN");
    one.open(room());
    expect(reasonOf(() => one.verify(entry, staticKey))).toBe("none");
    one.shut();
    one.shut();
    expect(reasonOf(() => one.verify(entry, staticKey))).toBe("SESSION_UNKNOWN");
  });

  test("keeps out who was let in before it was shut, at each step", () => {
    const one = door();
    const entry = { intent: RESUME, sessionTicket: one.issue(staticKey) };
    const inside = room();
    one.open(inside);
    const verified = one.verify(entry, staticKey);
    const admitted = one.verify(entry, staticKey);
    one.admit(admitted, register(), {});
    one.shut();
    expect(reasonOf(() => one.admit(verified, register(), {}))).toBe("SESSION_UNKNOWN");
    expect(reasonOf(() => one.enter(admitted, link, register()))).toBe("SESSION_UNKNOWN");
    // The ticket of another session opens nothing for those of the first.
    one.issue(staticKey);
    one.open(inside);
    expect(reasonOf(() => one.enter(admitted, link, register()))).toBe("SESSION_UNKNOWN");
    expect(inside.came).toEqual([]);
  });

  test("bounds who joins, not who resumes, and lets nobody into a session that ends", () => {
    const one = door();
    const sessionTicket = one.issue(staticKey);
    const inside = room();
    one.open(inside);
    const [joins, resumes] = ([JOIN, RESUME] as const).map((intent) =>
      one.verify({ intent, sessionTicket }, staticKey),
    );
    const attempt = (entrance = joins): string => reasonOf(() => one.admit(entrance!, register(), {}));
    inside.connections = 3;
    expect([attempt(), attempt(resumes)]).toEqual(["none", "none"]);
    inside.connections = 4;
    expect([attempt(), attempt(resumes)]).toEqual(["TOO_MANY_CONNECTIONS", "none"]);
    inside.ending = true;
    expect([attempt(), attempt(resumes)]).toEqual(["SHUTTING_DOWN", "SHUTTING_DOWN"]);
  });

  test("gives who resumes what he had and may have, and no more", () => {
    const one = door();
    const sessionTicket = one.issue(staticKey);
    // It had `gone` once, and was never granted `two`.
    one.open(room(["one", "gone"]));
    const entrance = one.verify({ intent: RESUME, sessionTicket }, staticKey);
    const left = (...asked: string[]): unknown => one.admit(entrance, register(asked), {}).answer.capabilities;
    expect([left(), left("one", "two", "three"), left("two")]).toEqual([["one"], ["one"], []]);
  });
});
