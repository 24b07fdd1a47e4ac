// What tests of sessions and calls write in every other line.

export const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

/** As many characters, each of which takes a byte. */
export const text = (size: number): string => "x".repeat(size);

/** A handler that never answers. */
export const never = (): Promise<never> => new Promise(() => {});

/** The reason for which a promise is rejected, or "none". */
export const reasonOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "none",
    (error: { reason?: string }) => error.reason ?? String(error),
  );
