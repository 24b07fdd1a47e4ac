import { figures, median } from "../numbers.js";

/** What a turn measures, for about so long. `size` is that of a body; the messages of a stream have none. */
export interface Turn {
  readonly kind: "stream" | "read" | "write" | "echo" | "fetch";
  readonly size: number;
  readonly ms: number;
}

/** Messages a second of a stream, bytes a second of bodies there (and, of an echo, back, counted once). */
export interface Measured {
  readonly rate: number;
}

/** One side of a measured pair. */
export interface Peer {
  /** Serves at a path until the process ends. A peer that starts its own server has none. */
  serve?(path: string): Promise<void>;
  /** Connects; `path` is a socket path of its own. */
  connect(path: string): Promise<PeerClient>;
}

export interface PeerClient {
  /** Processes that this one has started. */
  readonly pids?: readonly number[];
  /** Runs to the end of one stream of `count` small messages from there, or of `count` bodies of `size` bytes from or to there. */
  stream(count: number): Promise<void>;
  read(count: number, size: number): Promise<void>;
  write(count: number, size: number): Promise<void>;
  /** Sends `count` bodies there and back, one in flight. */
  echo(count: number, size: number): Promise<void>;
  /** Asks `count` times for one body of `size` bytes, one after another; not of every peer. */
  fetch?(count: number, size: number): Promise<void>;
  close(): Promise<void>;
}

/** Measures turns: a first guess of how much a turn takes is corrected by each turn of its kind. */
export function measureTurns(client: PeerClient): (turn: Turn) => Promise<Measured> {
  const rates = new Map<string, number>();
  return async ({ kind, size, ms }) => {
    const key = `${kind} ${size}`;
    const rate = rates.get(key) ?? (kind === "stream" ? 50_000 : 100e6 / size);
    const count = Math.max(4, Math.round((rate * ms) / 1000));
    const start = performance.now();
    if (kind === "stream") await client.stream(count);
    else await client[kind]!(count, size);
    const done = (count / (performance.now() - start)) * 1000;
    rates.set(key, done);
    return { rate: kind === "stream" ? done : done * size };
  };
}

/** A body with some variety in it. */
function makeBody(size: number): Uint8Array {
  const body = new Uint8Array(size);
  const first = Math.min(size, 65_521);
  for (let i = 0; i < first; i++) body[i] = (i * 2_654_435_761) >>> 24;
  for (let i = first; i < size; i += first) body.copyWithin(i, 0, Math.min(first, size - i));
  return body;
}

/** Bodies by size, made once. */
export function bodyOf(size: number): Uint8Array {
  let body = bodies.get(size);
  if (body === undefined) bodies.set(size, (body = makeBody(size)));
  return body;
}
const bodies = new Map<number, Uint8Array>();

/** Throws unless so much arrived, and the last byte of it is true. */
export function checkBody(body: Uint8Array, size: number): void {
  if (body.length !== size || body[size - 1] !== bodyOf(size)[size - 1]) {
    throw new Error(`wrong body of ${body.length} bytes where ${size} were due`);
  }
}

/** How many times the rate of a peer ours is: the median of the turns, each of which compares neighbours in time. */
export function ratioOf(ours: readonly number[], theirs: readonly number[] | undefined): number | null {
  return theirs === undefined ? null : figures(median(ours.map((rate, i) => rate / theirs[i]!)));
}
