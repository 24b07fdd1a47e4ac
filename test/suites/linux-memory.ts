import { loadLinuxMemory } from "../../runtime/typescript/src/arena/node/linux-memory.js";

/** Why memory cannot be shared here; undefined where it can. */
export function whyNoSharedMemory(): string | undefined {
  try {
    loadLinuxMemory();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Whether tests of shared memory are to be left out, for a reason that is printed. */
export function skipsSharedMemory(what: string): boolean {
  const why = whyNoSharedMemory();
  if (why !== undefined) process.stderr.write(`${what} is left out: ${why}\n`);
  return why !== undefined;
}
