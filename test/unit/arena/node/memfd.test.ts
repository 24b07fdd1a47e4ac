import { closeSync, fstatSync, ftruncateSync, openSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import type { ArenaPair } from "../../../../runtime/typescript/src/arena/arena.js";
import { DescriptorReader, DescriptorWriter } from "../../../../runtime/typescript/src/arena/node/descriptor-arena.js";
import { loadLinuxMemory } from "../../../../runtime/typescript/src/arena/node/linux-memory.js";
import { MappedReader } from "../../../../runtime/typescript/src/arena/node/mapped-reader.js";
import { Mapping } from "../../../../runtime/typescript/src/arena/node/mapping.js";
import { createMemoryFile, memoryFileBytes } from "../../../../runtime/typescript/src/arena/node/memfd.js";
import { describeArena } from "../../../suites/arena.js";
import { skipsSharedMemory } from "../../../suites/linux-memory.js";

const none = skipsSharedMemory("the arena of Linux");
const arenaBytes = 1_048_576;

/** A second descriptor of the same file, as a process has that inherits the first. */
const inherited = (descriptor: number): number => openSync(`/proc/self/fd/${descriptor}`, "r+");
const unexpected = (error: unknown): void => {
  throw error;
};

function twoSides(bytes: number): [ArenaPair, ArenaPair] {
  const [forth, back] = [createMemoryFile(bytes), createMemoryFile(bytes)];
  const sides: [ArenaPair, ArenaPair] = [
    { outgoing: new Mapping(loadLinuxMemory(), forth, bytes, true), incoming: new MappedReader(back, bytes) },
    {
      outgoing: new DescriptorWriter(inherited(back), bytes, unexpected),
      incoming: new DescriptorReader(inherited(forth), bytes, unexpected),
    },
  ];
  closeSync(forth);
  closeSync(back);
  return sides;
}

const mapsOfArenas = (): string[] =>
  readFileSync("/proc/self/maps", "utf8")
    .split("\n")
    .filter((line) => line.includes("memfd:crucible-arena"));
const descriptorsOfArenas = (): string[] =>
  readdirSync("/proc/self/fd").filter((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`).includes("memfd:crucible-arena");
    } catch {
      return false;
    }
  });

/** Collects what nobody has, and lets those be told who asked for it. */
async function collectGarbage(): Promise<void> {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as () => void;
  for (let i = 0; i < 4; i++) {
    gc();
    await new Promise<void>((resolve) => {
      setTimeout(resolve, 5);
    });
  }
}

describe.skipIf(none)("on Linux", () => {
  describeArena("a memory file", { create: twoSides });

  test("a memory file is as long as was asked for, and nobody makes it longer or shorter", () => {
    const descriptor = createMemoryFile(arenaBytes);
    expect(memoryFileBytes(descriptor)).toBe(arenaBytes);
    expect(() => ftruncateSync(descriptor, 4_096)).toThrow("EPERM");
    expect(() => ftruncateSync(descriptor, 2 * arenaBytes)).toThrow("EPERM");
    expect(fstatSync(descriptor).blocks).toBe(0);
    // Nor does anybody take that back: 0 adds no seal, and sealing is sealed.
    expect(loadLinuxMemory().fcntl(descriptor, 1033, 0x8)).toBe(-1);
    closeSync(descriptor);
    expect(memoryFileBytes(descriptor)).toBeUndefined();
  });

  test("a file that could get shorter is not mapped", () => {
    const descriptor = openSync("package.json", "r");
    expect(() => new Mapping(loadLinuxMemory(), descriptor, 4_096, false)).toThrow(
      expect.objectContaining({ reason: "HANDOFF_UNAVAILABLE" }),
    );
    closeSync(descriptor);
  });

  test("closing lets go of the file at once, whoever has views left; these read zeros", () => {
    const [first, second] = twoSides(arenaBytes);
    const written = first.outgoing.view(0, 64, () => {})!;
    const read = second.incoming.view(0, 64, () => {})!;
    written.fill(5);
    expect(read[63]).toBe(5);
    expect(mapsOfArenas()).toHaveLength(3);
    for (const side of [first, second]) {
      side.outgoing.close();
      side.incoming.close();
    }
    expect(mapsOfArenas()).toEqual([]);
    expect(descriptorsOfArenas()).toEqual([]);
    expect(read).toEqual(new Uint8Array(64));
    written.fill(6);
    expect(read).toEqual(new Uint8Array(64));
  });

  test("who asked is told when nobody has a view any more, and the addresses are given back", async () => {
    const addresses = (): number => readFileSync("/proc/self/maps", "utf8").split("\n").length;
    const before = addresses();
    let lost = 0;
    const round = (): void => {
      const descriptor = createMemoryFile(arenaBytes);
      const mapping = new Mapping(loadLinuxMemory(), descriptor, arenaBytes, true);
      closeSync(descriptor);
      for (let i = 0; i < 4; i++) mapping.view(4_096 * i, 4_096, () => lost++)!.fill(1);
      mapping.close();
    };
    for (let i = 0; i < 50; i++) round();
    await collectGarbage();
    expect(lost).toBe(200);
    // Each took one line until then; what else maps memory meanwhile is not ours to count.
    expect(addresses() - before).toBeLessThan(25);
  });

  test("long copies land in memory that is used again once nobody has them", async () => {
    const [first, second] = twoSides(8 * arenaBytes);
    const long = 4 * arenaBytes;
    for (let i = 0; i < 100; i++) {
      first.outgoing.map()!.fill(i, 0, long);
      const copy = second.incoming.read(0, long);
      expect([copy.length, copy[0], copy[long - 1]]).toEqual([long, i, i]);
      expect(copy.buffer.byteLength).toBe(long);
      // What somebody has stays as it is, whatever is copied next.
      if (i === 50) {
        const kept = second.incoming.read(0, long);
        await collectGarbage();
        for (let next = 0; next < 40; next++) second.incoming.read(0, long).fill(99);
        expect(kept.every((byte) => byte === 50)).toBe(true);
      }
    }
    for (const side of [first, second]) {
      side.outgoing.close();
      side.incoming.close();
    }
  });

  test("where it cannot be mapped it is read as a file, and nothing is written", () => {
    const descriptor = createMemoryFile(arenaBytes);
    const writer = new Mapping(loadLinuxMemory(), descriptor, arenaBytes, true);
    const reasons: unknown[] = [];
    // Longer than the file is: mapped it would be, but this stands for a package that is missing.
    const file = openSync("package.json", "r");
    const unmappable = new DescriptorReader(file, 64, (error) => reasons.push((error as Error).message));
    expect(Buffer.from(unmappable.read(0, 16)).toString()).toBe(readFileSync("package.json", "utf8").slice(0, 16));
    expect(unmappable.view(0, 16, () => {})).toBeUndefined();
    expect(reasons).toEqual(["a file that can get shorter is not mapped; seal it first"]);
    unmappable.close();
    expect(unmappable.read(0, 16)).toEqual(new Uint8Array(16));
    writer.close();
    closeSync(descriptor);
  });
});
