import { expect, test } from "vitest";
import { negotiate, type Offer } from "../../../../runtime/typescript/src/session/handshake/offer.js";

const of = (productVersion: string): Offer => ({ protocolVersions: [1], features: [], productVersion });

test("an older plugin is served with a warning by a daemon that carries its mode", () => {
  const { warning } = negotiate(of("1.4.0"), of("2.1.0"), [1]);
  expect(warning).toBe(
    "plugin runtime 1.4.0 is older than daemon runtime 2.1.0 and served in compatibility mode, which will go: upgrade the plugin to 2.x",
  );
  expect(() => negotiate(of("0.4.0"), of("2.1.0"), [1])).toThrow(/upgrade the plugin to 2.x/);
  expect(negotiate(of("2.0.0"), of("2.1.0"), [1]).warning).toBeUndefined();
});

test("an older plugin leaves that judgement to the daemon", () => {
  expect(negotiate(of("1.4.0"), of("2.1.0"), "any").warning).toMatch(/older/);
  expect(() => negotiate(of("3.0.0"), of("2.1.0"), "any")).toThrow(/upgrade the daemon to 3.x/);
});
