import { createRequire } from "node:module";

/** What of koffi is used: functions of the C library, and ArrayBuffers over memory that they give. An optional package. */
export interface Koffi {
  /** The libraries that this process has loaded, the C library among them. */
  load(path: null): { func(prototype: string): (...args: unknown[]) => unknown };
  /** An ArrayBuffer over memory; it neither owns it nor keeps it there. */
  view(pointer: bigint, bytes: number): ArrayBuffer;
  /** Of the call before. */
  errno(): number;
}

/** koffi; undefined where it is not installed, or has no build for this machine. Never rejects. */
export async function loadKoffi(): Promise<Koffi | undefined> {
  try {
    return requireKoffi();
  } catch {
    // What goes without it says so.
    return undefined;
  }
}

/** The same for who needs it at once, in the midst of a message. Throws what loading it throws. */
export function requireKoffi(): Koffi {
  return createRequire(import.meta.url)("koffi") as Koffi;
}
