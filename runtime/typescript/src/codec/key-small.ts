// The twin of `key.ts` for bundles in which each byte counts: a key is read as any string is.
export { readString as readKey } from "./text.js";
