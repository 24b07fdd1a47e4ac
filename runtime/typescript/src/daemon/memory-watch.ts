import { readFileSync } from "node:fs";
import type { Clock } from "../clock/clock.js";

/** How often memory is looked at. A look at one process takes some 30 µs. */
export const memoryIntervalMs = 250;

/** Whether the system tells what memory a process has. */
export function canWatchMemory(): boolean {
  return process.platform === "linux";
}

/** What is watched. */
export interface WatchedMemory {
  readonly pid: number;
  readonly maxBytes: number;
  readonly clock: Clock;
  /** Whether the process has ended. */
  ended(): boolean;
  /** It has more than `maxBytes`; called once, and then nothing is watched any more. */
  onExceeded(bytes: number): void;
}

/** Looks at the memory of a process and of all that it has started, until it has ended. On Linux alone. */
export function watchMemory(watched: WatchedMemory): void {
  const { pid, maxBytes, clock } = watched;
  const look = (): void => {
    if (watched.ended()) return;
    const bytes = residentBytes(pid);
    if (bytes > maxBytes) watched.onExceeded(bytes);
    else clock.after(memoryIntervalMs, look);
  };
  clock.after(memoryIntervalMs, look);
}

/** Resident memory of a process and of its descendants, in bytes; what several of them share counts for each. */
export function residentBytes(pid: number): number {
  let bytes = 0;
  const open = [pid];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const kibibytes = /^VmRSS:\s*(\d+) kB$/m.exec(read(`/proc/${next}/status`))?.[1];
    bytes += Number(kibibytes ?? 0) * 1024;
    // Children of the main thread; Node starts its own there.
    for (const child of read(`/proc/${next}/task/${next}/children`).split(" ")) {
      if (child.trim() !== "") open.push(Number(child));
    }
  }
  return bytes;
}

/** Empty when the process has ended. */
function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
