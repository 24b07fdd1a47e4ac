import { lstatSync } from "node:fs";
import { connect } from "node:net";
import { codeOf } from "./system-error.js";

/**
 * What lies at the path of a socket:
 * - `alive`: somebody listens, or cannot be asked;
 * - `dead`: a socket whose listener has gone. The kernel says so; no process id or time is judged;
 * - `missing`: nothing;
 * - `foreign`: something that is no socket.
 */
export type Finding = "alive" | "dead" | "missing" | "foreign";

/** Asks by connecting. The listener, if any, sees a connection that ends at once. */
export function probe(path: string): Promise<Finding> {
  try {
    // Asked first, since connecting to a regular file is refused just as connecting to a dead socket is.
    if (!lstatSync(path).isSocket()) return Promise.resolve("foreign");
  } catch (error) {
    return Promise.resolve(codeOf(error) === "ENOENT" ? "missing" : "alive");
  }
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve("alive");
    });
    socket.once("error", (error) => {
      const code = codeOf(error);
      resolve(code === "ECONNREFUSED" ? "dead" : code === "ENOENT" ? "missing" : "alive");
    });
  });
}
