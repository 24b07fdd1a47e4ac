import { closeSync, constants, createReadStream, fstatSync, openSync, readSync, unlinkSync } from "node:fs";
import { Socket } from "node:net";
import { isAbsolute } from "node:path";
import type { Readable } from "node:stream";
import { type Clock, systemClock } from "../clock/clock.js";
import { CrucibleError } from "../error/index.js";
import { maxTicketBytes, parseTicket, type Ticket, ticketInvalid } from "./ticket.js";

/** A ticket, and what its source tells later. */
export interface TicketSource {
  readonly ticket: Ticket;
  /** Whether it tells when the daemon is gone: a descriptor does, a file does not. */
  readonly tells: boolean;
  /** Resolves when the daemon is gone; never when the ticket came in a file, which tells nothing. */
  readonly daemonGone: Promise<void>;
  /** Stops watching. May be called twice. */
  close(): void;
}

/** The variable that says where the ticket is. */
export const ticketVariable = "CRUCIBLE_TICKET";
/** How long a ticket on a descriptor may take to arrive: the daemon writes it with the launch. */
const ticketTimeoutMs = 5_000;
const lineFeed = 10;

/**
 * Takes the ticket that `env` names and removes the variable, so that no process started here inherits it.
 *
 * @throws CrucibleError TICKET_MISSING, TICKET_INVALID.
 */
export async function takeTicket(
  env: Record<string, string | undefined>,
  clock: Clock = systemClock,
): Promise<TicketSource> {
  const where = env[ticketVariable];
  delete env[ticketVariable];
  if (where === undefined || where === "") {
    const example = `daemon.launch({ id: "…", command: ["node", "${process.argv[1] ?? "plugin.js"}"] })`;
    throw new CrucibleError(
      "TICKET_MISSING",
      `this is a plugin and has no launch ticket; start it by a daemon: ${example}`,
    );
  }
  const descriptor = /^fd:([0-9]{1,4})$/.exec(where)?.[1];
  if (descriptor !== undefined) return readDescriptor(Number(descriptor), clock);
  if (!isAbsolute(where))
    throw ticketInvalid(
      `is at ${JSON.stringify(where.slice(0, 80))}, which is neither fd:<number> nor an absolute path`,
    );
  return { ticket: parseTicket(readFile(where)), tells: false, daemonGone: new Promise(() => {}), close: () => {} };
}

/**
 * Reads the line and then goes on reading, for the end of file. Node sets close-on-exec on every descriptor it inherits,
 * before any script runs (uv_disable_stdio_inheritance), so that no process started here can keep this one open.
 */
function readDescriptor(descriptor: number, clock: Clock): Promise<TicketSource> {
  if (descriptor < 3) throw ticketInvalid(`is on descriptor ${descriptor}, which is a standard stream`);
  let socket: Readable;
  try {
    socket = openDescriptor(descriptor);
  } catch (error) {
    throw ticketInvalid(`is on descriptor ${descriptor}, which is not open or no pipe`, error);
  }
  return new Promise((resolve, reject) => {
    let ticket: Ticket | undefined;
    let chunks: Buffer[] = [];
    let bytes = 0;
    let gone!: () => void;
    const daemonGone = new Promise<void>((settle) => {
      gone = settle;
    });
    const close = (): void => {
      stopTimer();
      socket.destroy();
    };
    const fail = (error: CrucibleError): void => {
      close();
      reject(error);
    };
    const stopTimer = clock.after(ticketTimeoutMs, () =>
      fail(ticketInvalid(`did not arrive within ${ticketTimeoutMs} ms`)),
    );
    const onEnd = (): void => {
      if (ticket === undefined) fail(ticketInvalid("ended before its line did: the daemon has gone"));
      else gone();
    };
    socket.on("data", (chunk: Buffer) => {
      if (ticket !== undefined) return;
      const end = chunk.indexOf(lineFeed);
      bytes += end < 0 ? chunk.length : end;
      if (bytes > maxTicketBytes) {
        fail(ticketInvalid(`takes more than ${maxTicketBytes} bytes`));
        return;
      }
      chunks.push(end < 0 ? chunk : chunk.subarray(0, end));
      if (end < 0) return;
      try {
        ticket = parseTicket(Buffer.concat(chunks).toString("utf8"));
      } catch (error) {
        fail(CrucibleError.from(error, "TICKET_INVALID"));
        return;
      }
      chunks = [];
      stopTimer();
      resolve({ ticket, tells: true, daemonGone, close });
    });
    socket.once("end", onEnd);
    socket.once("error", onEnd);
  });
}

/** Bun (1.4) makes a Socket of a descriptor that never reads; its file streams wait for pipes without holding a thread. */
function openDescriptor(descriptor: number): Readable {
  if (process.versions["bun"] !== undefined) return createReadStream("", { fd: descriptor, autoClose: true });
  return new Socket({ fd: descriptor, readable: true, writable: false });
}

/** A ticket in a file is read once: whoever reads the file next finds none. */
function readFile(path: string): string {
  let file: number;
  try {
    // O_NONBLOCK: opening a pipe that lies there would wait for ever.
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    throw ticketInvalid(`cannot be opened at ${path} (${codeOf(error)})`, error);
  }
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) throw ticketInvalid(`at ${path} is no regular file`);
    if (stats.uid !== process.geteuid?.()) throw ticketInvalid(`at ${path} belongs to user ${stats.uid}`);
    if ((stats.mode & 0o777) !== 0o600)
      throw ticketInvalid(`at ${path} has mode 0${(stats.mode & 0o777).toString(8)} instead of 0600`);
    if (stats.nlink !== 1) throw ticketInvalid(`at ${path} has ${stats.nlink} links instead of one`);
    const bytes = Buffer.alloc(maxTicketBytes + 1);
    const length = readSync(file, bytes, 0, bytes.length, 0);
    unlinkSync(path);
    if (length > maxTicketBytes) throw ticketInvalid(`takes more than ${maxTicketBytes} bytes`);
    return bytes.toString("utf8", 0, length);
  } finally {
    closeSync(file);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
