// Sockets with nothing on them, for comparison: fork("raw.mjs", ["raw", PATH]) listens, with a third argument it connects.
import { connect, createServer, type Socket } from "node:net";
import { measureMemory, type Memory } from "./memory.js";

/** What the parent asks for: so many connections more. */
export interface RawQuestion {
  readonly count: number;
}

export interface RawAnswer extends Memory {
  readonly open: number;
}

const [, path, side] = process.argv.slice(2) as [string, string, string?];
const sockets = new Set<Socket>();

function take(socket: Socket): void {
  sockets.add(socket);
  socket.on("data", () => {});
  socket.on("close", () => sockets.delete(socket));
}

async function dial(): Promise<void> {
  const socket = connect(path);
  await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  take(socket);
}

process.on("message", ({ count }: RawQuestion) => {
  const answer = async (): Promise<void> => {
    for (let i = 0; i < count; i++) await dial();
    process.send!({ ...(await measureMemory()), open: sockets.size } satisfies RawAnswer);
  };
  void answer();
});
process.on("disconnect", () => process.exit(0));
if (side === undefined) createServer(take).listen(path, () => process.send!("ready"));
else process.send!("ready");
