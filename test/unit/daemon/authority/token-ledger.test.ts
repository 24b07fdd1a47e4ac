import { expect, test } from "vitest";
import { systemClock } from "../../../../runtime/typescript/src/clock/clock.js";
import { TokenLedger } from "../../../../runtime/typescript/src/daemon/token-ledger.js";

const replayed = expect.objectContaining({ reason: "TOKEN_REPLAYED" });
const full = expect.objectContaining({ reason: "TOO_MANY_CONNECTIONS", retryable: true });

function ledgerAt(startMs: number, maxTokens?: number): { ledger: TokenLedger; advance: (ms: number) => void } {
  let now = startMs;
  const clock = { ...systemClock, unixMs: () => now };
  const ledger = new TokenLedger(maxTokens === undefined ? { clock } : { clock, maxTokens });
  return {
    ledger,
    advance: (ms) => {
      now += ms;
    },
  };
}

test("a token may be claimed again by the same key until it is settled", () => {
  const { ledger } = ledgerAt(0);
  ledger.claim("a", "key", 1000);
  ledger.claim("a", "key", 1000);
  ledger.settle("a");
  expect(() => ledger.claim("a", "key", 1000)).toThrow(replayed);
  expect(ledger.size).toBe(1);
});

test("a token is never claimed by a second key", () => {
  const { ledger } = ledgerAt(0);
  ledger.claim("a", "key", 1000);
  expect(() => ledger.claim("a", "other", 1000)).toThrow(replayed);
  ledger.claim("b", "other", 1000);
});

test("of two connections with one token, only the first to settle goes on", () => {
  const { ledger } = ledgerAt(0);
  ledger.claim("a", "key", 1000);
  ledger.claim("a", "key", 1000);
  ledger.settle("a");
  expect(() => ledger.settle("a")).toThrow(replayed);
  expect(() => ledger.settle("never claimed")).toThrow(replayed);
});

test("it never holds more than its limit, and forgets only what has expired", () => {
  const { ledger, advance } = ledgerAt(0, 3);
  ledger.claim("a", "key", 1000);
  ledger.claim("b", "key", 2000);
  ledger.claim("c", "key", 3000);
  ledger.settle("c");
  expect(() => ledger.claim("d", "key", 9000)).toThrow(full);
  ledger.claim("a", "key", 1000);
  advance(999);
  expect(() => ledger.claim("d", "key", 9000)).toThrow(full);
  advance(1);
  ledger.claim("d", "key", 9000);
  expect(ledger.size).toBe(3);
  advance(1500);
  ledger.claim("e", "key", 9000);
  expect(() => ledger.claim("c", "key", 3000)).toThrow(replayed);
  expect(ledger.size).toBe(3);
});

test("a hundred thousand tokens take the room of the limit", () => {
  const { ledger, advance } = ledgerAt(0, 100);
  for (let index = 0; index < 100_000; index += 1) {
    ledger.claim(`${index}`, "key", index + 50);
    advance(1);
    expect(ledger.size).toBeLessThanOrEqual(100);
  }
});
