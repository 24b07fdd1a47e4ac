import { connect as connectSocket, createServer, type Socket } from "node:net";
import {
  createMessageConnection,
  type MessageConnection,
  RequestType,
  SocketMessageReader,
  SocketMessageWriter,
} from "vscode-jsonrpc/node.js";
import { measureCalls, type Peer, request, response } from "./workload.js";

const search = new RequestType<typeof request, typeof response, void>("bench.v1.Bench/Search");

function listenOn(socket: Socket): MessageConnection {
  const connection = createMessageConnection(new SocketMessageReader(socket), new SocketMessageWriter(socket));
  connection.listen();
  return connection;
}

/** vscode-jsonrpc over a Unix socket: JSON with a head for each message. It has no deadlines and no metadata. */
export const vscodeJsonrpc: Peer = {
  serve(path) {
    const server = createServer((socket) => {
      listenOn(socket).onRequest(search, ({ limit }) => {
        if (limit !== request.limit) throw new Error(`wrong limit ${limit}`);
        return response;
      });
    });
    return new Promise((resolve) => {
      server.listen(path, resolve);
    });
  },
  async connect(path) {
    const socket = connectSocket(path);
    await new Promise((resolve) => {
      socket.once("connect", resolve);
    });
    const connection = listenOn(socket);
    return {
      ...measureCalls(() => connection.sendRequest(search, request)),
      async close() {
        connection.dispose();
        socket.destroy();
      },
    };
  },
};
