/** What reads rules and options. It takes long to load, and is only where a request has some. */
export type Reflection = typeof import("./reflection.js");

/** @throws Error when it was not loaded: what a request has was to be found out before. */
export function loaded(reflection: Reflection | undefined): Reflection {
  if (reflection === undefined) throw new Error("a request has options, and what reads them is not loaded");
  return reflection;
}
