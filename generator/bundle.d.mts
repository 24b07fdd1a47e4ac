/**
 * Builds the programs.
 *
 * @param outdir where to; default generator/dist.
 */
export function bundle(outdir?: string): Promise<void>;
