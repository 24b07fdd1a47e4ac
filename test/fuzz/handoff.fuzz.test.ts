import { expect, test } from "vitest";
import { createMemoryArenas } from "../../runtime/typescript/src/arena/memory-arena.js";
import { CrucibleError } from "../../runtime/typescript/src/error/index.js";
import {
  decodeRequest,
  encodeRegion,
  encodeRequest,
  decodeRegion,
} from "../../runtime/typescript/src/gen/crucible/ipc/v1/envelope_codec.js";
import { Handoff, handedOffCost } from "../../runtime/typescript/src/session/handoff/handoff.js";
import { createMemoryPair } from "../../runtime/typescript/src/transport/memory.js";
import { Call } from "../../runtime/typescript/src/session/call.js";
import { setup } from "../suites/handoff.js";
import { openLink } from "../suites/peers.js";
import { mutate } from "./mutate.js";
import { fuzzIterations, fuzzSeed, Random } from "./random.js";

const arenaBytes = 4_096;

/** Envelopes that hand off, lawful and not, of regions that are near each other and near the bounds. */
function envelope(random: Random): Uint8Array {
  const edges = [0n, 1n, 100n, 4_095n, 4_096n, 2n ** 32n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n];
  const offset = random.below(4) === 0 ? random.pick(edges) : BigInt(random.below(arenaBytes));
  const length = random.below(6) === 0 ? random.pick([0, 1, 4_096, 4_097, 0xffff_ffff]) : 1 + random.below(600);
  const arena = random.below(8) === 0 ? random.below(4) : 2;
  const body = encodeRegion({ arena, offset, length });
  return encodeRequest({ methodId: 7, metadata: random.below(3) === 0 ? [{ key: "k", value: "v" }] : [], body });
}

interface Live {
  readonly offset: bigint;
  readonly length: bigint;
}

/** A call whose messages nobody reads. */
class Taker extends Call {
  override onMessage(): void {}
  override onFailed(): void {}
}

/** What a receiver has to think of an envelope: the region, or undefined when the connection has to end. */
function judge(bytes: Uint8Array, live: readonly Live[]): Live | undefined {
  let region: { arena: number; offset: bigint; length: number };
  try {
    const { body } = decodeRequest(bytes);
    if (body === undefined) return undefined;
    region = decodeRegion(body);
  } catch {
    return undefined;
  }
  const { arena, offset } = region;
  const length = BigInt(region.length);
  if (arena !== 2 || length === 0n || offset + length > BigInt(arenaBytes)) return undefined;
  if (live.some((other) => offset < other.offset + other.length && other.offset < offset + length)) return undefined;
  return { offset, length };
}

test("regions are taken as the rules say, however they are written, and each once", { timeout: 0 }, () => {
  const seed = fuzzSeed();
  const random = new Random(seed);
  const outcomes = { taken: 0, refused: 0, stricter: 0 };
  for (let left = fuzzIterations(3_000); left > 0; left--) {
    const [arenas] = createMemoryArenas(arenaBytes);
    const [connection] = createMemoryPair();
    const handoff = new Handoff(openLink(connection), "daemon", setup(arenas));
    const live: Live[] = [];
    for (let frames = 1 + random.below(12); frames > 0; frames--) {
      const lawful = envelope(random);
      const bytes = random.below(3) === 0 ? mutate(lawful, random, [lawful, envelope(random)]) : lawful;
      const expected = judge(bytes, live);
      const shown = `seed ${seed}, ${Buffer.from(bytes).toString("hex")}`;
      let taken = true;
      try {
        handoff.begin(bytes, 0, bytes.length);
      } catch (error) {
        if (!(error instanceof CrucibleError)) throw error;
        expect(error.reason, shown).toBe("BAD_HANDOFF");
        taken = false;
      }
      if (!taken) {
        // Envelopes are read more strictly than the generated codec reads them: nothing may stand in them twice.
        if (expected === undefined) outcomes.refused++;
        else outcomes.stricter++;
        break;
      }
      expect(expected, shown).toBeDefined();
      outcomes.taken++;
      // Some are never fetched, which frees them as they end; others are held.
      if (random.below(2) === 0) {
        handoff.end();
      } else {
        const call = new Taker();
        handoff.fetch(1_000_000, "fuzz.v1.Fuzz/It", call);
        handoff.end();
        if (random.below(3) === 0) expect(handoff.consumedBy(call, handedOffCost + 7)).toBe(7);
        else live.push(expected!);
      }
      expect(handoff.regions.incoming, shown).toBe(live.length);
    }
    handoff.close();
    expect(handoff.regions.incoming).toBe(0);
    connection.abort();
  }
  expect(outcomes.taken).toBeGreaterThan(1_000);
  expect(outcomes.refused).toBeGreaterThan(500);
  expect(outcomes.stricter).toBeLessThan(outcomes.refused);
});
