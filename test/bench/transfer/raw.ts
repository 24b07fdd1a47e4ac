import { connect as connectSocket, createServer, type Socket } from "node:net";
import { bodyOf, type Peer } from "./workload.js";

/** A message of the stream as ours on the wire: 44 bytes of frame, and what is in it. */
export const streamMessageBytes = 108;
const commandBytes = 12;
/** What the client asks for: so many messages of a size, or that the next so many be sent back, or counted as one. */
const Command = { Send: 1, SendBatched: 2, Echo: 3, Take: 4 } as const;
/** What answers a Take. */
const takenBytes = 1;
/** How much a batched server hands to the socket at once. */
const batchBytes = 65_536;

function serveOne(socket: Socket): void {
  let echoing = 0;
  let size = 0;
  let got = 0;
  let taking = 0;
  socket.on("error", () => {});
  socket.on("data", (chunk) => {
    let bytes = chunk.length;
    if (echoing === 0 && taking <= 0) {
      const kind = chunk.readUint32BE(0);
      const count = chunk.readUint32BE(4);
      size = chunk.readUint32BE(8);
      bytes -= commandBytes;
      if (kind === Command.Echo) echoing = count;
      else if (kind === Command.Take) taking = count * size;
      else if (kind === Command.Send) void sendMany(socket, count, size);
      else void sendMany(socket, Math.ceil((count * size) / batchBytes), batchBytes);
    }
    if (taking > 0) {
      taking -= bytes;
      if (taking <= 0) socket.write(bodyOf(takenBytes));
    } else if (echoing > 0) {
      got += bytes;
      for (; got >= size && echoing > 0; got -= size, echoing--) socket.write(bodyOf(size));
    }
  });
}

/** Writes until the socket says to wait, and goes on when it says so. */
async function sendMany(socket: Socket, count: number, size: number): Promise<void> {
  const body = bodyOf(size);
  for (let i = 0; i < count && !socket.destroyed; i++) {
    if (!socket.write(body)) {
      await new Promise((resolve) => {
        socket.once("drain", resolve);
      });
    }
  }
}

/** Serves whoever connects at `path`. */
export function serveRaw(path: string): Promise<void> {
  return new Promise((resolve) => {
    createServer(serveOne).listen(path, resolve);
  });
}

/** A connection to `serveRaw`. */
export interface RawClient {
  /** `count` bodies from there; they are counted and dropped. `batched` writes them in runs of 64 KiB. */
  read(count: number, size: number, batched: boolean): Promise<void>;
  /** `count` bodies to there, where they are counted and dropped. */
  write(count: number, size: number): Promise<void>;
  /** `count` bodies there and back, one in flight. */
  echo(count: number, size: number): Promise<void>;
  close(): void;
}

export async function connectRaw(path: string): Promise<RawClient> {
  const socket = connectSocket(path);
  await new Promise((resolve) => {
    socket.once("connect", resolve);
  });
  let due = 0;
  let onAll: () => void = () => {};
  socket.on("data", (chunk) => {
    due -= chunk.length;
    if (due <= 0) onAll();
  });
  const receive = (bytes: number): Promise<void> =>
    new Promise((resolve) => {
      due = bytes;
      onAll = resolve;
    });
  const command = (kind: number, count: number, size: number): void => {
    const bytes = Buffer.alloc(commandBytes);
    bytes.writeUint32BE(kind, 0);
    bytes.writeUint32BE(count, 4);
    bytes.writeUint32BE(size, 8);
    socket.write(bytes);
  };
  return {
    read(count, size, batched) {
      const bytes = batched ? Math.ceil((count * size) / batchBytes) * batchBytes : count * size;
      const all = receive(bytes);
      command(batched ? Command.SendBatched : Command.Send, count, size);
      return all;
    },
    async write(count, size) {
      command(Command.Take, count, size);
      const all = receive(takenBytes);
      await sendMany(socket, count, size);
      await all;
    },
    async echo(count, size) {
      command(Command.Echo, count, size);
      const body = bodyOf(size);
      for (let i = 0; i < count; i++) {
        const all = receive(size);
        socket.write(body);
        await all;
      }
    },
    close: () => socket.destroy(),
  };
}

/**
 * Sockets with nothing on them: as many bytes, nothing encoded, checked or promised. Either a write for each message, or
 * `batched`, which no protocol can beat.
 */
export function raw(batched: boolean): Peer {
  return {
    serve: serveRaw,
    async connect(path) {
      const client = await connectRaw(path);
      return {
        stream: (count) => client.read(count, streamMessageBytes, batched),
        read: (count, size) => client.read(count, size, false),
        write: (count, size) => client.write(count, size),
        echo: (count, size) => client.echo(count, size),
        async fetch(count, size) {
          for (let i = 0; i < count; i++) await client.read(1, size, false);
        },
        close: async () => client.close(),
      };
    },
  };
}
