/** What every peer carries: a request of 32 bytes and a response of 64, encoded. */
export const request = { query: "find-nearest-plugin-by-name0", limit: 10 } as const;
export const response = {
  id: "doc-000000001234",
  score: 1500,
  title: "A quite ordinary title of a search result",
} as const;

/** One side of a measured pair. */
export interface Peer {
  /** Serves at a path until the process ends. A peer that launches its own server has none. */
  serve?(path: string): Promise<void>;
  /** Connects; `path` is a socket path of its own. */
  connect(path: string): Promise<PeerClient>;
}

export interface PeerClient {
  /** The processes that the peer has started: its server, and a client that measures in place of this process. */
  readonly pids?: readonly number[];
  /** Completed calls a second with `inFlight` at once, over `ms` milliseconds. */
  throughput(inFlight: number, ms: number): Promise<number>;
  /** Round trips one after another for `ms` milliseconds, one at least, each in microseconds. */
  latencies(ms: number): Promise<Float64Array>;
  close(): Promise<void>;
}

/** Measures a client that makes one call at a time by a promise, checking what comes back. */
export function measureCalls(
  call: () => Promise<{ readonly id: string; readonly score: number; readonly title: string }>,
): Pick<PeerClient, "throughput" | "latencies"> {
  const check = (answer: Awaited<ReturnType<typeof call>>): void => {
    if (answer.id !== response.id || answer.score !== response.score || answer.title !== response.title) {
      throw new Error(`wrong answer: ${JSON.stringify(answer)}`);
    }
  };
  return {
    async throughput(inFlight, ms) {
      const start = performance.now();
      let done = 0;
      // No clock is read for each call, as for each batch of raw bytes: that takes as long as a tenth of what is measured.
      const turn = { over: false };
      setTimeout(() => {
        turn.over = true;
      }, ms);
      const worker = async (): Promise<void> => {
        while (!turn.over) {
          check(await call());
          done++;
        }
      };
      await Promise.all(Array.from({ length: inFlight }, worker));
      return (done / (performance.now() - start)) * 1000;
    },
    async latencies(ms) {
      const samples = new Float64Array(1_000_000);
      let count = 0;
      let before = performance.now();
      const end = before + ms;
      do {
        check(await call());
        const now = performance.now();
        samples[count++] = (now - before) * 1000;
        before = now;
      } while (before < end && count < samples.length);
      return samples.subarray(0, count);
    },
  };
}
