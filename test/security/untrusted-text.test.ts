import { afterEach, describe, expect, test, vi } from "vitest";
import { Flag, FrameType } from "../../runtime/typescript/src/frame/frame.js";
import { encodeError } from "../../runtime/typescript/src/gen/crucible/ipc/v1/error_codec.js";
import { encodeShutdown } from "../../runtime/typescript/src/gen/crucible/ipc/v1/control_codec.js";
import { logToStderr } from "../../runtime/typescript/src/daemon/log.js";
import { CrucibleError } from "../../runtime/typescript/src/index.js";
import type { LogRecord } from "../../runtime/typescript/src/observe/log.js";
import { wireId } from "../../runtime/typescript/src/rpc/method-table.js";
import { validationError } from "../../runtime/typescript/src/rpc/violations.js";
import { Echo } from "../integration/lab/gen/lab/v1/lab_daemon.js";
import { connectWith, endLeakers, leakTicket } from "../integration/support/intruder.js";
import { closeDaemons, createLab, type Lab, until } from "../integration/support/lab.js";

// What a plugin says ends in the logs of its daemon and on terminals: none of it may move the cursor, fake a line or be
// without end.

afterEach(async () => {
  vi.restoreAllMocks();
  endLeakers();
  await closeDaemons();
});

/** Clears the screen, begins a line, retitles the window, by either range of control characters; and turns text around. */
const evil = 'a\u001b[2J\u009b2J\r\n{"level":"info"}\u2028\u0000\u007f\u0085\u009d0;owned\u009c\u202egnp.exe\u2066z';
const obeyed = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

function expectHarmless(text: string): void {
  expect(text).not.toMatch(obeyed);
  expect(text.length).toBeLessThan(5_000);
}

/** What the log of a daemon that was given none writes of these records. */
function written(records: readonly LogRecord[]): string[] {
  const lines: string[] = [];
  vi.spyOn(process.stderr, "write").mockImplementation((chunk) => {
    lines.push(String(chunk));
    return true;
  });
  for (const record of records) logToStderr(record);
  vi.restoreAllMocks();
  return lines;
}

/** All that has been logged but what plugins print is a harmless line, and what the default log makes of all of it is. */
function expectHarmlessLog({ records }: Lab): void {
  for (const { message, stream } of records) if (stream === undefined) expectHarmless(message);
  for (const line of written(records)) {
    expect(line.endsWith("\n")).toBe(true);
    expect(line.slice(0, -1)).not.toMatch(obeyed);
    expect(() => JSON.parse(line) as unknown).not.toThrow();
  }
}

describe("a plugin's words", () => {
  test("in errors, in what it prints and in its last words are harmless lines", async () => {
    const lab = await createLab();
    const plugin = await lab.launch("echo-plugin");
    const echo = plugin.client(Echo);
    for (const [action, argument] of [
      ["throw", evil],
      ["throw-own", evil],
      ["throw-own", evil.repeat(1_000)],
      ["throw", "x".repeat(1_000_000)],
    ] as const) {
      const error: unknown = await echo.act({ action, argument }).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(CrucibleError);
      expectHarmless((error as CrucibleError).message);
    }
    await echo.act({ action: "print", argument: `${evil}\n` });
    await until(() => lab.records.some(({ message }) => message.includes("gnp.exe")), "what it has printed");
    await echo.act({ action: "print", argument: `${evil}\n` });
    await echo.act({ action: "exit", argument: "3" }).catch(() => {});
    await plugin.exited;
    await until(() => lab.records.some(({ reason }) => reason === "PLUGIN_EXITED"), "its end to be logged");
    expect(lab.records.some(({ stream, message }) => stream !== undefined && obeyed.test(message))).toBe(true);
    expectHarmlessLog(lab);
  });

  test("about the end of its session are harmless lines", async () => {
    const lab = await createLab();
    const payload = encodeError({ reason: "EVIL", message: evil.repeat(500), category: 1, code: 3 });
    const shutdown = encodeShutdown({ reason: evil, graceMs: 1_000, lastMessageId: 0n });
    for (const [id, type, flags, bytes] of [
      ["by-error", FrameType.Error, Flag.EndStream, payload],
      ["by-shutdown", FrameType.Shutdown, 0, shutdown],
    ] as const) {
      const leak = await leakTicket(lab, id);
      const name = "lab.v1.Echo/Say";
      const methods = [{ id: wireId(name), name, kind: 1 as const, sensitive: false }];
      const { link } = await connectWith(leak.ticket, { register: { pluginId: id, methods } });
      const plugin = await leak.launching;
      const call = plugin.client(Echo).say({ text: "t" });
      link.sendControl(type, flags, 0, bytes, false);
      const error: unknown = await call.catch((thrown: unknown) => thrown);
      expectHarmless((error as CrucibleError).message);
      await until(() => plugin.state !== "running" || link.closed, "the end of the session");
    }
    endLeakers();
    expectHarmlessLog(lab);
  });

  test("in a registration are harmless, and refused", async () => {
    const lab = await createLab();
    for (const [id, register] of [
      ["an-id", { pluginId: evil }],
      ["a-version", { pluginVersion: evil }],
      ["a-capability", { capabilities: [evil] }],
      ["a-method", { methods: [{ id: 1, name: evil, kind: 1 }] }],
    ] as const) {
      const leak = await leakTicket(lab, id);
      leak.launching.catch(() => {});
      const refused: unknown = await connectWith(leak.ticket, { register: { pluginId: id, ...register } }).catch(
        (thrown: unknown) => thrown,
      );
      expect((refused as CrucibleError).reason).toMatch(/^(?:IDENTITY_MISMATCH|REGISTER_INVALID)$/);
      expectHarmless((refused as CrucibleError).message);
      const failure: unknown = await leak.launching.catch((thrown: unknown) => thrown);
      expectHarmless((failure as CrucibleError).message);
    }
    expectHarmlessLog(lab);
  });
});

test("an error is one harmless line whoever makes it, and keeps what it was made of as its cause", () => {
  const thrown = new Error(evil);
  for (const error of [
    new CrucibleError("EVIL", evil),
    CrucibleError.from(thrown),
    // Keys of maps stand in paths.
    validationError(
      "request",
      [{ fieldPath: `names["${evil}"]`, ruleId: "r", rulePath: "r", message: evil, forKey: false }],
      false,
    ),
  ]) {
    expect(error.message).not.toMatch(obeyed);
    expect(error.message).toContain("gnp.exe");
  }
  expect((CrucibleError.from(thrown).cause as Error).message).toBe(evil);
  expect(new CrucibleError("FINE", "zwölf Boxkämpfer – 日本語 🎉").message).toBe("zwölf Boxkämpfer – 日本語 🎉");
});
