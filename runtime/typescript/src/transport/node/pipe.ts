import { createServer, type Socket } from "node:net";
import { CrucibleError } from "../../error/index.js";
import { parseAddress } from "../address.js";
import type { Listener, Transport } from "../transport.js";
import type { LocalSystem } from "./local-system.js";
import { codeOf } from "./system-error.js";
import { createLocalTransport, type LocalOptions } from "./unix.js";

/** The path of a named pipe. */
export function pipePath(name: string): string {
  return `\\\\.\\pipe\\${name}`;
}

/**
 * A transport over the named pipes of Windows, for addresses `pipe:name`. Whose a pipe is, is not looked at, which takes
 * more than Node has; so its connections are not protected. A name can be had once: libuv asks for the first instance.
 *
 * @param system stands for Windows in tests: where pipes lie, and what platform this is.
 */
export function createPipeTransport(options: LocalOptions = {}, system: PipeSystem = thisSystem()): Transport {
  return createLocalTransport(pipes(system), options);
}

/** What has pipes, if it has. */
export interface PipeSystem {
  readonly platform: string;
  /** Where node:net finds the pipe of a name. */
  pathOf(name: string): string;
}

function thisSystem(): PipeSystem {
  return { platform: process.platform, pathOf: pipePath };
}

function pipes(system: PipeSystem): LocalSystem {
  return {
    protection: "none",
    pathOf(address) {
      const parsed = parseAddress(address);
      if (parsed.kind !== "pipe") {
        throw new CrucibleError("ADDRESS_INVALID", `address ${address} is no named pipe; write pipe:name`);
      }
      if (system.platform !== "win32") {
        throw new CrucibleError(
          "ADDRESS_INVALID",
          `address ${address} is a named pipe, which only Windows has; write unix:/path/to/name.sock`,
        );
      }
      return system.pathOf(parsed.name);
    },
    checkDial() {},
    listen: (address, path, _clock, onSocket) => listen(address, path, onSocket),
  };
}

function listen(address: string, path: string, onSocket: (socket: Socket) => void): Promise<Listener> {
  const server = createServer({ allowHalfOpen: false, pauseOnConnect: true }, onSocket);
  return new Promise((resolve, reject) => {
    server.once("error", (error) => {
      const code = codeOf(error);
      const inUse = code === "EADDRINUSE";
      const text = inUse
        ? `${address} is in use by another process; end that or choose another name`
        : `cannot listen at ${address} (${code}); choose another name`;
      reject(new CrucibleError(inUse ? "ADDRESS_IN_USE" : "ADDRESS_INVALID", text, { cause: error }));
    });
    server.listen({ path, exclusive: true }, () => {
      // From now on: a connection that cannot be accepted is lost; the process and the others are not.
      server.on("error", () => {});
      resolve({
        address,
        // oxlint-disable-next-line require-await -- Reason: errors are rejections, as with every transport.
        async close() {
          // Not awaited: the server reports its close only once the last accepted connection has gone.
          server.close();
        },
      });
    });
  });
}
