// The twin of `transcode.ts` for bundles in which each byte counts, and which no Node runs that is helped by transcoding.

/** See `transcode.ts`. */
export const transcodePays = false;

/** See `transcode.ts`. Text of more bytes than this is not looked at byte by byte. */
export const longestTranscoded = 160;

/** See `transcode.ts`. */
export function transcode(): undefined {}
