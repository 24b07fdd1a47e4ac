import { describe, expect, test } from "vitest";
import { Echo, pairUp } from "../../suites/peers.js";

const sizes = [0, 10, 500, 2_000, 5_000, 70_000, 300_000];

describe.each(["sensitive", "everything"] as const)(
  "a getter that makes calls while its message is encoded, %s",
  (encryption) => {
    test.each(sizes.flatMap((outer) => sizes.map((inner) => [outer, inner] as const)))(
      "%i bytes around %i",
      async (outerBytes, innerBytes) => {
        const { daemon } = pairUp({}, undefined, { encryption });
        const echo = daemon.client(Echo);
        const [outer, inner] = ["o".repeat(outerBytes), "i".repeat(innerBytes)];
        const calls: Promise<{ readonly key: string; readonly value: string }>[] = [];
        const message = (around: boolean): { key: string; value: string } => ({
          get key() {
            // Two at once, one of which has a message like this one.
            calls.push(echo.unary({ key: "inner", value: inner }, { metadata: { inner: "1" } }));
            if (around) calls.push(echo.unary(message(false)));
            return "outer";
          },
          value: outer,
        });
        for (let round = 0; round < 3; round++) {
          const answer = await echo.unary(message(true), { metadata: { outer: "2" } });
          expect([answer.key, answer.value === outer]).toEqual(["outer", true]);
        }
        expect(calls.length).toBeGreaterThanOrEqual(6);
        for (const { key, value } of await Promise.all(calls)) {
          expect(value === (key === "inner" ? inner : outer)).toBe(true);
        }
      },
    );

    test("in an answer", async () => {
      const calls: Promise<{ readonly value: string }>[] = [];
      const pair = pairUp(
        {
          plugin: {
            handlers: {
              unary: ({ value }: { readonly value: string }) => ({
                get key() {
                  calls.push(pair.plugin.client(Echo).unary({ key: "inner", value: "i".repeat(3_000) }));
                  return "outer";
                },
                value,
              }),
            },
          },
        },
        undefined,
        { encryption },
      );
      for (const size of sizes) {
        const value = "o".repeat(size);
        const answer = await pair.daemon.client(Echo).unary({ key: "", value });
        expect([answer.key, answer.value === value]).toEqual(["outer", true]);
      }
      for (const { value } of await Promise.all(calls)) expect(value).toBe("i".repeat(3_000));
    });
  },
);
