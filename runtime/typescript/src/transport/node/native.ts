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

let loading: Promise<Koffi | undefined> | undefined;

/** koffi, loaded once; undefined where it is not installed, or has no build for this machine. Never rejects. */
export function loadKoffi(): Promise<Koffi | undefined> {
  return (loading ??= load());
}

/** The same at once, for who needs it in the midst of a message. Throws what loading it throws. */
export function requireKoffi(): Koffi {
  return createRequire(import.meta.url)("koffi") as Koffi;
}

async function load(): Promise<Koffi | undefined> {
  try {
    return (await import("koffi")).default as Koffi;
  } catch {
    // What goes without it says so.
    return undefined;
  }
}
