/**
 * Throws what a callback of the user threw where the platform sees it. It says nothing about the peer, whose frame the
 * callback was called for, and must not end the session.
 */
export function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
