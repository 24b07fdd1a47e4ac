import { afterEach, describe, expect, it } from "vitest";
import { CrucibleError } from "../../runtime/typescript/src/error/index.js";
import type { Connection, Transport, TransportOptions } from "../../runtime/typescript/src/transport/transport.js";
import { noise, Recorder } from "./recorder.js";

/** One way of carrying bytes, ready to be tried. */
export interface TransportHarness {
  readonly transport: Transport;
  /** An address that nobody has used. */
  address(): string;
  /** Addresses that this transport must refuse as invalid. */
  readonly invalid: readonly string[];
  /** Bytes of its bindings. Default: 0. */
  readonly bindingBytes?: number;
  dispose(): void;
}

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;

const reasonOf = (error: unknown): string => (error instanceof CrucibleError ? error.reason : String(error));

/** Gives what must not happen time to happen. */
const someTurns = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 30));

function started(connection: Connection): Recorder {
  const recorder = new Recorder();
  recorder.quietly(() => connection.start(recorder));
  return recorder;
}

/** What every transport keeps; see transport.ts for the contract. */
export function describeTransport(name: string, create: (options: TransportOptions) => TransportHarness): void {
  describe(`${name}, as every transport,`, () => {
    let harness: TransportHarness;
    const open: { close(): unknown }[] = [];

    function prepare(options: TransportOptions = {}): void {
      harness = create(options);
    }

    afterEach(async () => {
      for (const item of open.splice(0)) await item.close();
      harness.dispose();
    });

    async function listen(address: string, accept: (connection: Connection) => void): Promise<() => Promise<void>> {
      const listener = await harness.transport.listen(address, accept);
      open.push(listener);
      return () => listener.close();
    }

    async function connect(address: string): Promise<Connection> {
      const client = await harness.transport.dial(address);
      open.push({ close: () => client.abort() });
      return client;
    }

    async function connected(options: TransportOptions = {}): Promise<{ client: Connection; server: Connection }> {
      prepare(options);
      const address = harness.address();
      const accepted: Connection[] = [];
      await listen(address, (connection) => void accepted.push(connection));
      const client = await connect(address);
      await expect.poll(() => accepted.length).toBe(1);
      const server = accepted[0]!;
      open.push({ close: () => server.abort() });
      return { client, server };
    }

    describe("bytes", () => {
      it("arrive whole and in order, both ways at once, in pieces of 0 to 1 MiB", async () => {
        const { client, server } = await connected();
        const sides = [client, server].map((connection, index) => {
          const recorder = started(connection);
          const pieces = [1, 0, 2 ** 20, 17, 65_536, 3, 300_000, 0, 44, 1000, 7, 999_999].map((length, i) =>
            noise(length, 100 * index + i + 1),
          );
          return { connection, recorder, pieces };
        });
        await Promise.all(
          sides.map(async ({ connection, recorder, pieces }) => {
            for (const piece of pieces) {
              const drains = recorder.drains;
              if (!recorder.quietly(() => connection.write(piece))) await recorder.until((r) => r.drains > drains);
            }
          }),
        );
        const [a, b] = sides as [(typeof sides)[0], (typeof sides)[0]];
        const fromA = Buffer.concat(a.pieces);
        const fromB = Buffer.concat(b.pieces);
        await a.recorder.until((r) => r.receivedBytes >= fromB.length);
        await b.recorder.until((r) => r.receivedBytes >= fromA.length);
        expect(Buffer.compare(b.recorder.bytes(), fromA)).toBe(0);
        expect(Buffer.compare(a.recorder.bytes(), fromB)).toBe(0);
      });

      it("survive a thousand small writes in one turn", async () => {
        const { client, server } = await connected();
        const pieces = Array.from({ length: 1000 }, (_, i) => noise(i % 100, i + 1));
        for (const piece of pieces) client.write(piece);
        const recorder = started(server);
        const all = Buffer.concat(pieces);
        await recorder.until((r) => r.receivedBytes >= all.length);
        expect(Buffer.compare(recorder.bytes(), all)).toBe(0);
      });

      it("arrive as they were written, though their memory is used again once none are unsent", async () => {
        const { client, server } = await connected();
        const recorder = started(server);
        started(client);
        const memory = new Uint8Array(20_000);
        const pieces = Array.from({ length: 40 }, (_, i) => noise(memory.length, i + 1));
        for (const piece of pieces) {
          await expect.poll(() => client.unsentBytes).toBe(0);
          memory.set(piece);
          client.write(memory);
        }
        const all = Buffer.concat(pieces);
        await recorder.until((r) => r.receivedBytes >= all.length);
        expect(Buffer.compare(recorder.bytes(), all)).toBe(0);
      });

      it("wait until start", async () => {
        const { client, server } = await connected();
        client.write(noise(100, 1));
        await someTurns();
        const recorder = started(server);
        await recorder.until((r) => r.receivedBytes === 100);
      });

      it("belong to the receiver: later reads do not change them", async () => {
        const { client, server } = await connected();
        const recorder = started(server);
        const copies: Buffer[] = [];
        recorder.onChunk = (chunk) => copies.push(Buffer.from(chunk));
        started(client);
        for (let i = 1; i <= 40; i++) {
          client.write(noise(20_000, i));
          await recorder.until((r) => r.receivedBytes === i * 20_000);
        }
        for (const [i, chunk] of recorder.chunks.entries()) expect(Buffer.compare(chunk, copies[i]!)).toBe(0);
      });

      it("belong to the receiver: what it does to them does not reach the writer", async () => {
        const { client, server } = await connected();
        const kept = noise(50_000, 5);
        const recorder = started(server);
        recorder.onChunk = (chunk) => chunk.fill(0);
        client.write(kept);
        await recorder.until((r) => r.receivedBytes === kept.length);
        expect(Buffer.compare(kept, noise(50_000, 5))).toBe(0);
      });
    });

    describe("backpressure", () => {
      it("stops a writer whom nobody reads, and tells it once when it may go on", async () => {
        const { client, server } = await connected({ highWaterMarkBytes: 256 * kibibyte });
        const writer = started(client);
        const piece = noise(64 * kibibyte, 1);
        let written = 0;
        while (writer.quietly(() => client.write(piece))) {
          written += piece.length;
          expect(written, "written to nobody").toBeLessThan(32 * mebibyte);
          await new Promise((resolve) => setImmediate(resolve));
        }
        written += piece.length;
        expect(client.write(piece), "while it should wait").toBe(false);
        written += piece.length;
        await someTurns();
        expect(writer.drains).toBe(0);
        const reader = started(server);
        await Promise.all([writer.until((r) => r.drains > 0), reader.until((r) => r.receivedBytes === written)]);
        await someTurns();
        expect(writer.drains).toBe(1);
        expect(client.write(piece)).toBe(true);
      });

      it("never tells who was not stopped", async () => {
        const { client, server } = await connected({ highWaterMarkBytes: mebibyte });
        const writer = started(client);
        // More than a socket's buffer holds, and yet below the mark.
        expect(client.write(noise(500_000, 1))).toBe(true);
        await someTurns();
        const reader = started(server);
        await reader.until((r) => r.receivedBytes === 500_000);
        expect(client.write(noise(1000, 1))).toBe(true);
        await reader.until((r) => r.receivedBytes === 501_000);
        await someTurns();
        expect(writer.drains).toBe(0);
      });

      it("tells who starts late", async () => {
        const { client, server } = await connected({ highWaterMarkBytes: 64 * kibibyte });
        let written = 0;
        while (client.write(noise(64 * kibibyte, 3))) {
          written += 64 * kibibyte;
          await new Promise((resolve) => setImmediate(resolve));
        }
        written += 64 * kibibyte;
        const writer = started(client);
        const reader = started(server);
        await reader.until((r) => r.receivedBytes === written);
        await writer.until((r) => r.drains === 1);
      });
    });

    describe("close", () => {
      it("sends what was written and ends both sides, once and without an error", async () => {
        const { client, server } = await connected();
        const sent = noise(8 * mebibyte, 1);
        const writer = started(client);
        client.write(sent);
        writer.quietly(() => client.close());
        expect(client.write(noise(10, 1)), "after close").toBe(false);
        await someTurns();
        const reader = started(server);
        await Promise.all([writer.closed(), reader.closed()]);
        expect(Buffer.compare(reader.bytes(), sent)).toBe(0);
        expect([writer.error, reader.error]).toEqual([undefined, undefined]);
        await someTurns();
        expect([writer.closes, reader.closes]).toEqual([1, 1]);
      });

      it("may come before start, on either side", async () => {
        const { client, server } = await connected();
        client.write(noise(10, 1));
        client.close();
        await someTurns();
        const reader = started(server);
        await reader.closed();
        expect(reader.receivedBytes).toBe(10);
        await someTurns();
        const late = started(client);
        await late.closed();
        expect(late.error).toBeUndefined();
      });

      it("before start lets a peer go that is writing", async () => {
        const { client, server } = await connected();
        const writer = started(server);
        server.write(noise(4 * mebibyte, 1));
        client.close();
        await writer.closed();
        expect(writer.error).toBeUndefined();
      });

      it("is PEER_LOST when the peer ends without having taken the bytes", async () => {
        const { client, server } = await connected();
        const writer = started(client);
        client.write(noise(1000, 1));
        client.close();
        await someTurns();
        server.abort();
        await writer.closed();
        expect(reasonOf(writer.error)).toBe("PEER_LOST");
      });

      it("may come twice, with abort, and after the end", async () => {
        const { client, server } = await connected();
        const a = started(client);
        const b = started(server);
        client.close();
        client.close();
        server.close();
        await Promise.all([a.closed(), b.closed()]);
        client.close();
        client.abort(new Error("late"));
        server.abort();
        server.close();
        expect(client.write(noise(5, 1))).toBe(false);
        await someTurns();
        expect([a.closes, b.closes, a.error, b.error]).toEqual([1, 1, undefined, undefined]);
      });

      it("drops what still arrives", async () => {
        const { client, server } = await connected();
        const a = started(client);
        const b = started(server);
        for (let i = 0; i < 40; i++) server.write(noise(64 * kibibyte, 1));
        a.onChunk = () => {
          a.onChunk = () => expect.unreachable("bytes after close");
          client.close();
        };
        await Promise.all([a.closed(), b.closed()]);
        expect([a.closes, b.closes]).toEqual([1, 1]);
      });

      it("gives up on a peer that does not read", async () => {
        const { client } = await connected({ closeTimeoutMs: 80 });
        const writer = started(client);
        client.write(noise(8 * mebibyte, 1));
        client.close();
        await writer.closed();
        expect(reasonOf(writer.error)).toBe("PEER_LOST");
        expect(writer.error?.message).toMatch(/did not take \d+ bytes within 80 ms/);
      });

      it("ends a peer that is in the middle of writing", async () => {
        const { client, server } = await connected();
        const writer = started(client);
        const reader = started(server);
        const pump = (): void => {
          while (client.write(noise(32 * kibibyte, 1)));
        };
        writer.onDrained = pump;
        pump();
        await reader.until((r) => r.receivedBytes > 200_000);
        server.close();
        await Promise.all([writer.closed(), reader.closed()]);
        expect(client.write(noise(1, 1))).toBe(false);
        await someTurns();
        expect([writer.closes, reader.closes]).toEqual([1, 1]);
      });
    });

    describe("abort", () => {
      it("loses what was not sent, and tells its error here", async () => {
        const { client, server } = await connected();
        const writer = started(client);
        client.write(noise(16 * mebibyte, 1));
        const error = new Error("enough");
        writer.quietly(() => client.abort(error));
        await writer.closed();
        expect(writer.error).toBe(error);
        const reader = started(server);
        await reader.closed();
        expect(reader.receivedBytes).toBeLessThan(16 * mebibyte);
        await someTurns();
        expect([writer.closes, reader.closes]).toEqual([1, 1]);
      });

      it("may come before start and twice", async () => {
        const { client, server } = await connected();
        const error = new Error("first");
        client.abort(error);
        client.abort(new Error("second"));
        client.close();
        await someTurns();
        const a = started(client);
        const b = started(server);
        await Promise.all([a.closed(), b.closed()]);
        expect(a.error).toBe(error);
      });

      it("without an error is an end without an error here", async () => {
        const { client, server } = await connected();
        const a = started(client);
        const b = started(server);
        client.abort();
        await Promise.all([a.closed(), b.closed()]);
        expect(a.error).toBeUndefined();
      });

      it("ends a close that waits", async () => {
        const { client } = await connected();
        const a = started(client);
        client.write(noise(8 * mebibyte, 1));
        client.close();
        await someTurns();
        expect(a.closes).toBe(0);
        const error = new Error("no longer");
        client.abort(error);
        await a.closed();
        expect(a.error).toBe(error);
      });

      it("is PEER_LOST for a peer whose bytes stay behind", async () => {
        const { client, server } = await connected();
        const writer = started(client);
        client.write(noise(8 * mebibyte, 1));
        server.abort();
        await writer.closed();
        expect(reasonOf(writer.error)).toBe("PEER_LOST");
        expect(client.write(noise(1, 1))).toBe(false);
      });

      it("may come from inside onBytes, and nothing follows but onClose", async () => {
        const { client, server } = await connected();
        const reader = started(server);
        started(client);
        reader.onChunk = () => {
          reader.onChunk = () => expect.unreachable("bytes after abort");
          server.abort();
        };
        for (let i = 0; i < 30; i++) client.write(noise(64 * kibibyte, 1));
        await reader.closed();
        await someTurns();
        expect(reader.closes).toBe(1);
      });
    });

    describe("addresses", () => {
      it("carry a hundred connections at once, each its own bytes", async () => {
        prepare();
        const address = harness.address();
        const peers = new Set<string>();
        await listen(address, (connection) => {
          peers.add(connection.peer);
          const echo = new Recorder();
          echo.onChunk = (chunk) => connection.write(chunk);
          connection.start(echo);
        });
        await Promise.all(
          Array.from({ length: 100 }, async (_, i) => {
            const client = await connect(address);
            expect(client.peer).toContain(address);
            expect(client.binding.length).toBe(harness.bindingBytes ?? 0);
            const recorder = started(client);
            client.write(noise(3000, i + 1));
            await recorder.until((r) => r.receivedBytes >= 3000);
            expect(Buffer.compare(recorder.bytes(), noise(3000, i + 1))).toBe(0);
            client.close();
            await recorder.closed();
          }),
        );
        expect(peers.size).toBe(100);
      });

      it("are free again after close, while accepted connections live on", async () => {
        prepare();
        const address = harness.address();
        const servers: Connection[] = [];
        const accept = (connection: Connection): void => void servers.push(connection);
        const close = await listen(address, accept);
        const client = await connect(address);
        await expect.poll(() => servers.length).toBe(1);
        await close();
        await close();
        await expect(harness.transport.dial(address).catch(reasonOf)).resolves.toBe("CONNECT_FAILED");
        await listen(address, accept);
        // Closing the first again must not take the address from its successor.
        await close();
        const second = await connect(address);
        await expect.poll(() => servers.length).toBe(2);
        const recorder = started(servers[0]!);
        client.write(noise(10, 1));
        await recorder.until((r) => r.receivedBytes === 10);
        second.close();
      });

      it("are taken once, however many try at the same time", async () => {
        prepare();
        const address = harness.address();
        const tries = Array.from({ length: 8 }, () =>
          listen(address, () => {}).then(
            () => "listening",
            (error: unknown) => reasonOf(error),
          ),
        );
        const outcomes = (await Promise.all(tries)).toSorted();
        expect(outcomes).toEqual([...Array<string>(7).fill("ADDRESS_IN_USE"), "listening"]);
      });

      it("are different addresses for as many listeners", async () => {
        prepare();
        const addresses = Array.from({ length: 20 }, () => harness.address());
        await Promise.all(addresses.map((address) => listen(address, (connection) => connection.close())));
        for (const address of addresses) {
          const recorder = started(await connect(address));
          await recorder.closed();
        }
      });

      it("where nobody listens fail at once", async () => {
        prepare();
        const error = await harness.transport.dial(harness.address(), { timeoutMs: 2000 }).catch((e: unknown) => e);
        expect(reasonOf(error)).toBe("CONNECT_FAILED");
        expect((error as CrucibleError).retryable).toBe(true);
      });

      it("that are invalid say so", async () => {
        prepare();
        for (const address of ["", ":", "unix", "tcp:1", "tls:host:1", "pipe:", ...harness.invalid]) {
          await expect(harness.transport.dial(address).catch(reasonOf)).resolves.toBe("ADDRESS_INVALID");
          await expect(harness.transport.listen(address, () => {}).catch(reasonOf)).resolves.toBe("ADDRESS_INVALID");
        }
      });
    });
  });
}
