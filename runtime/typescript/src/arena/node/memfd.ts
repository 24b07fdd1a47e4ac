import { closeSync, fstatSync, readlinkSync } from "node:fs";
import { CrucibleError } from "../../error/index.js";
import { type LinuxMemory, loadLinuxMemory } from "./linux-memory.js";

const mfdCloexec = 0x1;
const mfdAllowSealing = 0x2;
const fAddSeals = 1033;
const sealSeal = 0x1;
const sealShrink = 0x2;
const sealGrow = 0x4;

/**
 * Makes a memory file of `bytes`, of which nothing is in memory yet, and that nobody can make shorter or longer: bytes that
 * are mapped and no longer there would end whoever touches them. Returns its descriptor, which processes started here do
 * not inherit by themselves.
 *
 * @throws CrucibleError HANDOFF_UNAVAILABLE.
 */
export function createMemoryFile(bytes: number): number {
  const system = loadLinuxMemory();
  // The name is for people: it is what /proc/<pid>/maps and fd show.
  const descriptor = system.memfdCreate(`crucible-arena:${process.pid}`, mfdCloexec | mfdAllowSealing);
  if (descriptor < 0) throw refused(system, "makes no memory file");
  const made =
    system.ftruncate(descriptor, bytes) === 0 &&
    system.fcntl(descriptor, fAddSeals, sealShrink | sealGrow | sealSeal) === 0;
  if (made) return descriptor;
  const error = refused(system, `gives no memory file of ${bytes} bytes`);
  closeSync(descriptor);
  throw error;
}

/** The length of the memory file behind a descriptor, in bytes; undefined when there is none. */
export function memoryFileBytes(descriptor: number): number | undefined {
  try {
    if (!readlinkSync(`/proc/self/fd/${descriptor}`).startsWith("/memfd:")) return undefined;
    return fstatSync(descriptor).size;
  } catch {
    return undefined;
  }
}

function refused(system: LinuxMemory, fact: string): CrucibleError {
  return new CrucibleError("HANDOFF_UNAVAILABLE", `the system ${fact} (errno ${system.errno()})`);
}
