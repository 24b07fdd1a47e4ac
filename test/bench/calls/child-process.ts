import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { PendingCalls } from "./pending.js";
import { measureCalls, type Peer, request, type response } from "./workload.js";

/** What goes there. */
export interface Asked {
  readonly id: number;
  readonly request: typeof request;
}

/** What comes back. */
export interface Answered {
  readonly id: number;
  readonly response: typeof response;
}

/** The channel of node:child_process with JSON, its default. It has no deadlines and no metadata. */
export const childProcess: Peer = {
  async connect() {
    const child = fork(fileURLToPath(new URL("child-process-server.js", import.meta.url)), { serialization: "json" });
    await once(child, "message");
    const calls = new PendingCalls<typeof response>();
    child.on("message", (message) => {
      const { id, response: answer } = message as Answered;
      calls.answer(id, answer);
    });
    return {
      pids: [child.pid!],
      ...measureCalls(() => calls.open((id) => child.send({ id, request } satisfies Asked))),
      async close() {
        child.kill();
      },
    };
  },
};
