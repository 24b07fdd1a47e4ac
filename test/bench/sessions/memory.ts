// What a process takes, once what is garbage has gone.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** What a process takes, in bytes. */
export interface Memory {
  /** All that lies in the machine's memory. */
  readonly rss: number;
  /** Live objects. */
  readonly heap: number;
  /** Bytes of buffers, whether they were ever touched or not. */
  readonly buffers: number;
}

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Collects garbage, gives the system time to take back what is free, and measures. */
export async function measureMemory(): Promise<Memory> {
  for (let i = 0; i < 3; i++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  return { rss, heap: heapUsed, buffers: arrayBuffers };
}
