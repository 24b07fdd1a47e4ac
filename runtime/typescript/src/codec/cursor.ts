/** How deep messages and groups may nest in what is decoded; the outermost message is at depth 1. As in protobuf-es. */
export const maxDepth = 100;

/**
 * What the read functions leave behind beside the value they return. Decoding is synchronous and calls nobody's code,
 * so one cursor serves all of it, and a read function needs no object to return two things.
 */
export const cursor: {
  /** The offset after the last byte that was read. */
  at: number;
  /** Where the outermost message ends. */
  end: number;
  /** Up to where the window of `text.ts` reaches; 0 while there is none. */
  windowEnd: number;
} = { at: 0, end: 0, windowEnd: 0 };
