import { expect, test } from "vitest";
import { ResumeWait } from "../../../runtime/typescript/src/daemon/resume-wait.js";
import { CrucibleError } from "../../../runtime/typescript/src/error/index.js";
import { ManualClock } from "../../suites/manual-clock.js";

const lost = new CrucibleError("PEER_LOST", "the connection was cut");

test("tells once that nobody came in time, and why there was nobody", () => {
  const clock = new ManualClock();
  const told: CrucibleError[] = [];
  const wait = new ResumeWait(clock, 1_000, (error) => told.push(error));
  wait.begin(lost);
  clock.advance(600);
  // The same loss, told again, does not prolong it.
  wait.begin(lost);
  clock.advance(399);
  expect(told).toEqual([]);
  clock.advance(1);
  expect(told.map(({ reason, message }) => [reason, message])).toEqual([
    ["PEER_LOST", "the connection was cut, and nobody resumed the session in 1000 ms"],
  ]);
  clock.advance(10_000);
  expect([told.length, clock.pending]).toEqual([1, 0]);
});

test("ends when somebody comes, and begins anew with the next loss", () => {
  const clock = new ManualClock();
  let told = 0;
  const wait = new ResumeWait(clock, 1_000, () => told++);
  wait.begin(lost);
  clock.advance(999);
  wait.end();
  wait.end();
  clock.advance(5_000);
  expect(told).toBe(0);
  wait.begin(lost);
  clock.advance(1_000);
  expect(told).toBe(1);
});
