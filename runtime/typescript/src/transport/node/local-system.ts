import type { Socket } from "node:net";
import type { Clock } from "../../clock/clock.js";
import type { DialOptions, Listener, Protection } from "../transport.js";

/** What differs between the local sockets of two platforms; dialling, waiting and connections are the same. */
export interface LocalSystem {
  /** What the platform makes sure of for a connection whose address has passed `checkDial`. */
  readonly protection: Protection;
  /** The path that node:net takes for an address. Throws reason ADDRESS_INVALID, also where the platform has no such sockets. */
  pathOf(address: string): string;
  /** Whose it is, before it is dialled. Throws reason DIRECTORY_UNSAFE, CONNECT_FAILED or ADDRESS_INVALID. */
  checkDial(path: string, options: DialOptions): void;
  /** As `Transport.listen`; `onSocket` gets paused sockets. */
  listen(address: string, path: string, clock: Clock, onSocket: (socket: Socket) => void): Promise<Listener>;
}
