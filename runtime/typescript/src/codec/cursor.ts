/** How deep messages and groups may nest in what is decoded; the outermost message is at depth 1. As in protobuf-es. */
export const maxDepth = 100;

/**
 * What the read functions leave behind beside the value they return. Decoding is synchronous and calls nobody's code,
 * so one cursor serves all of it, and a read function needs no object to return two things.
 */
export const cursor: {
  /** The offset after the last byte that was read. */
  at: number;
  /** How many strings the message being decoded has had so far; see `text.ts`. */
  texts: number;
} = { at: 0, texts: 0 };
