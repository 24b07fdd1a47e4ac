import { expect, test } from "vitest";
import { CrucibleError } from "../../../runtime/typescript/src/error/index.js";
import { MetadataCodec as PairCodec } from "../../../runtime/typescript/src/gen/crucible/ipc/v1/envelope_codec.js";
import { defaultLimits } from "../../../runtime/typescript/src/session/limits.js";
import { pairCached } from "../../suites/cached.js";
import { turns } from "../../suites/raw-end.js";
import { reasonOf } from "../../suites/shorthand.js";

const publish = ({ daemon }: ReturnType<typeof pairCached>): Promise<string> =>
  reasonOf(daemon.publish("a", PairCodec, { key: "k" }));

test("a silent session is asked, lives on, and knows its round trip", async () => {
  const pair = pairCached();
  expect(pair.daemon.session.rttMs).toBeUndefined();
  for (let interval = 0; interval < 10; interval++) {
    pair.clock.advance(defaultLimits.heartbeatIntervalMs);
    await turns();
  }
  expect(pair.daemon.session.closedError).toBeUndefined();
  expect(pair.daemon.session.rttMs).toBe(0);
  const asked = pair.plugin.session.ping();
  pair.clock.advance(7);
  await asked;
  expect(pair.plugin.session.rttMs).toBe(7);
  pair.answerAll();
  expect((await pair.cached.get({ key: "a" })).value).toBe("a 1");
});

test("events that are first published behind Shutdown, or behind the end, are refused", async () => {
  const live = pairCached();
  expect(await publish(live)).toBe("none");

  const shutting = pairCached();
  const waiting = reasonOf(shutting.cached.put({ key: "a" }));
  await turns();
  void shutting.daemon.session.drain(5_000, "DAEMON_STOPPING");
  expect(await publish(shutting)).toBe("SHUTTING_DOWN");
  await turns();
  expect(await reasonOf(shutting.plugin.publish("a", PairCodec, { key: "k" }))).toBe("SHUTTING_DOWN");
  shutting.answerAll();
  expect(await waiting).toBe("none");

  const lost = pairCached();
  lost.daemon.session.abort(new CrucibleError("PEER_LOST", "gone"));
  expect(await publish(lost)).toBe("PEER_LOST");
});
