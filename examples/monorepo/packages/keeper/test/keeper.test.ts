// Both packages together, as production has them: a real daemon, a real plugin.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Lamp } from "@lighthouse/schema/lighthouse/v1/lamp_daemon.js";
import { createDaemon, CrucibleError, type Daemon } from "crucible-runtime/daemon";
import { lightUp } from "../src/keeper.js";

const folder = mkdtempSync(join(tmpdir(), "lighthouse-"));
let daemon: Daemon | undefined;
let lamp: Lamp;

before(async () => {
  daemon = await createDaemon({
    name: "test",
    stateDirectory: join(folder, "state"),
    socketDirectory: join(folder, "run"),
  });
  lamp = await lightUp(daemon);
});

after(async () => {
  await daemon?.close();
  rmSync(folder, { recursive: true, force: true });
});

test("turns", async () => {
  assert.equal((await lamp.turn({ degrees: 350 })).facing, 350);
  assert.equal((await lamp.turn({ degrees: 20 })).facing, 10);
});

test("sweeps", async () => {
  const seen: number[] = [];
  for await (const { facing } of lamp.sweep({ stops: 3 })) seen.push(facing);
  assert.deepEqual(seen, [10, 130, 250]);
});

test("refuses what the schema does not allow", async () => {
  await assert.rejects(lamp.turn({ degrees: 360 }), (error: unknown) => {
    assert.ok(error instanceof CrucibleError);
    return error.reason === "VALIDATION_FAILED";
  });
});
