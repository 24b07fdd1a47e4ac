import { createServer } from "node:http";
import { type RawData, WebSocket, WebSocketServer } from "ws";
import {
  decodeSearchRequest,
  decodeSearchResponse,
  encodeSearchRequest,
  encodeSearchResponse,
} from "../gen/bench/v1/bench_codec.js";
import type { SearchResponse } from "../gen/bench/v1/bench_pb.js";
import { PendingCalls } from "./pending.js";
import { measureCalls, type Peer, request, response } from "./workload.js";

/** The number of a call before its message. */
const idBytes = 4;

function join(id: number, message: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(idBytes + message.length);
  bytes.writeUint32BE(id, 0);
  bytes.set(message, idBytes);
  return bytes;
}

function asBuffer(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  throw new Error("a message that is no buffer");
}

/** ws over a Unix socket: one binary message a call, of its number and ours of the codecs. It has no deadlines and no metadata. */
export const ws: Peer = {
  serve(path) {
    const server = createServer();
    new WebSocketServer({ server, perMessageDeflate: false }).on("connection", (socket) => {
      socket.on("message", (data) => {
        const bytes = asBuffer(data);
        const { limit } = decodeSearchRequest(bytes.subarray(idBytes));
        if (limit !== request.limit) throw new Error(`wrong limit ${limit}`);
        socket.send(join(bytes.readUint32BE(0), encodeSearchResponse(response)));
      });
    });
    return new Promise((resolve) => {
      server.listen(path, resolve);
    });
  },
  async connect(path) {
    const socket = new WebSocket(`ws+unix:${path}:/`, { perMessageDeflate: false });
    await new Promise((resolve) => {
      socket.once("open", resolve);
    });
    const calls = new PendingCalls<SearchResponse>();
    socket.on("message", (data) => {
      const bytes = asBuffer(data);
      calls.answer(bytes.readUint32BE(0), decodeSearchResponse(bytes.subarray(idBytes)));
    });
    const search = (): Promise<SearchResponse> =>
      calls.open((id) => socket.send(join(id, encodeSearchRequest(request))));
    return {
      ...measureCalls(search),
      close: async () => socket.terminate(),
    };
  },
};
