/** What of koffi is used: functions of the C library, called from here. An optional package. */
export interface Koffi {
  /** The libraries that this process has loaded, the C library among them. */
  load(path: null): { func(prototype: string): (...args: unknown[]) => unknown };
}

let loading: Promise<Koffi | undefined> | undefined;

/** koffi, loaded once; undefined where it is not installed, or has no build for this machine. Never rejects. */
export function loadKoffi(): Promise<Koffi | undefined> {
  return (loading ??= load());
}

async function load(): Promise<Koffi | undefined> {
  try {
    return (await import("koffi")).default as Koffi;
  } catch {
    // What goes without it says so.
    return undefined;
  }
}
