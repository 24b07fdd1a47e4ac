// A plugin launched for some cases: its process, its connection, the handshake and the registration.
import { randomBytes } from "node:crypto";
import { unlinkSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { Connection, Nonconformance } from "./connection.js";
import { Flag, type Frame, FrameType } from "./frame.js";
import { type Authority, createAuthority, createCredentials, type IdentityFaults } from "./identity.js";
import { createKey, publicHalf, Responder } from "./noise.js";
import { bytesOf, decode, field, type Fields, numberOf, textOf } from "./protobuf.js";
import { TestedProcess } from "./process.js";

/** How long a plugin may take from its launch to its first byte, in milliseconds. */
const startMs = 10_000;
const productVersion = "0.1.0";

/** What is the same for every launch of a run. */
export interface Bench {
  readonly command: readonly [string, ...string[]];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** A folder of mode 0700 for sockets. */
  readonly folder: string;
  /** How long a plugin may take for anything that it has to do at once, in milliseconds. */
  readonly patienceMs: number;
  /** Takes what the plugin prints, a line at a time, safe to show. */
  print(line: string): void;
}

/** How a daemon behaves in the handshake; what is not said is as it should be. */
export interface Behaviour {
  readonly identity?: IdentityFaults;
  /** Chosen protocol version in message 2. */
  readonly chosenVersion?: bigint;
  readonly chosenFeatures?: readonly string[];
  /** The answer to the registration is not sealed. */
  readonly clearAnswer?: boolean;
  /** Session id of the answer to the registration. */
  readonly session?: bigint;
  /** Milliseconds, 1,000 to 3,600,000. */
  readonly heartbeatMs?: number;
  /** Stops behind message 2: the case wants to see what the plugin makes of it. */
  readonly untilSecond?: boolean;
}

/** What the plugin said of itself on the way. */
export interface Introduction {
  readonly hello: Fields;
  readonly proof: Fields;
  readonly register: Fields;
}

/** The key and the token of a launch. */
interface Launch {
  readonly daemonId: string;
  readonly pluginId: string;
  readonly authority: Authority;
  readonly token: string;
  readonly noiseKey: string;
}

/** A launched plugin. Ends with what was started for it. */
export class Session implements AsyncDisposable {
  readonly connection: Connection;
  readonly process: TestedProcess;
  introduction: Introduction | undefined;
  readonly #server: Server;
  readonly #path: string;
  #ids = 0;

  private constructor(connection: Connection, process: TestedProcess, server: Server, path: string) {
    this.connection = connection;
    this.process = process;
    this.#server = server;
    this.#path = path;
  }

  /**
   * Launches the plugin and takes its registration.
   *
   * @throws Nonconformance when it does not get so far, GeneratorError when it cannot be started at all.
   */
  static async open(bench: Bench, behaviour: Behaviour = {}): Promise<Session> {
    const name = randomBytes(4).toString("hex");
    const path = join(bench.folder, `${name}.sock`);
    const { secret } = createKey();
    const launch: Launch = {
      daemonId: `conform-${name}`,
      pluginId: name,
      authority: createAuthority(),
      token: `e30.${randomBytes(24).toString("base64url")}.e30`,
      noiseKey: secret,
    };
    const { authority, ...others } = launch;
    const ticket = { version: 1, address: `unix:${path}`, authority: authority.pem, descriptors: {}, ...others };
    const server = createServer();
    const dialled = new Promise<Connection>((resolve) => {
      server.once("connection", (socket) => resolve(new Connection(socket, bench.patienceMs)));
    });
    await new Promise<void>((resolve) => {
      server.listen(path, resolve);
    });
    let process: TestedProcess | undefined;
    try {
      process = await TestedProcess.start(bench.command, bench.cwd, bench.env, `${JSON.stringify(ticket)}\n`, (line) =>
        bench.print(line),
      );
      const connection = await waitFor(dialled, process);
      const session = new Session(connection, process, server, path);
      await session.#handshake(launch, behaviour);
      return session;
    } catch (error) {
      process?.kill();
      await process?.exited;
      server.close();
      throw error;
    }
  }

  /** The next id that this daemon opens. */
  nextId(): number {
    return (this.#ids += 2);
  }

  /** Waits until the process has ended. */
  async untilExit(ms: number): Promise<{ readonly code: number | null; readonly signal: string | null }> {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), ms);
    });
    const end = await Promise.race([this.process.exited, patience]);
    clearTimeout(timer);
    if (end === undefined) throw new Nonconformance(`its process has not ended within ${ms} ms`);
    return end;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.connection.destroy();
    this.process.kill();
    await this.process.exited;
    this.#server.close();
    try {
      unlinkSync(this.#path);
    } catch {
      // The server took it along.
    }
  }

  async #handshake(launch: Launch, behaviour: Behaviour): Promise<void> {
    const { connection } = this;
    const noise = new Responder();
    const first = await connection.take("message 1 of the handshake", FrameType.Handshake, 0);
    const hello = parse("PluginHello", () => decode(noise.readFirst(first.payload)));
    const second = noise.writeSecond(daemonHello(launch, noise.staticKey, behaviour));
    connection.send({ type: FrameType.Handshake, payload: second });
    if (behaviour.untilSecond === true) return;
    const third = await connection.take("message 3 of the handshake", FrameType.Handshake, 0);
    const { staticKey, payload } = parse("message 3", () => noise.readThird(third.payload));
    const proof = parse("PluginProof", () => decode(payload));
    if (textOf(proof, 2) !== launch.token) throw new Nonconformance("its token is not that of the ticket");
    if (!staticKey.equals(publicHalf(launch.noiseKey))) throw new Nonconformance("its key is not that of the ticket");
    connection.useKeys(noise.split());
    const register = await this.#registration();
    if (textOf(register, 1) !== launch.pluginId) throw new Nonconformance("it registers under another plugin id");
    this.introduction = { hello, proof, register };
    this.#answer(behaviour);
  }

  async #registration(): Promise<Fields> {
    const parts: Buffer[] = [];
    for (;;) {
      const frame: Frame = await this.connection.take("PluginRegister", FrameType.PluginRegister, 0);
      if ((frame.flags & Flag.Encrypted) === 0)
        throw new Nonconformance("SEAL_REQUIRED: its PluginRegister is in clear");
      parts.push(frame.payload);
      if ((frame.flags & Flag.More) === 0) break;
    }
    return parse("PluginRegister", () => decode(Buffer.concat(parts)));
  }

  #answer({ clearAnswer, session, heartbeatMs = 15_000 }: Behaviour): void {
    const { connection } = this;
    // 60 random bits, and 8 as the high nibble of byte 6.
    const bits = randomBytes(8);
    bits.writeUInt8((bits.readUInt8(6) & 15) | 128, 6);
    connection.session = session ?? bits.readBigUInt64BE();
    const registered = field(4, BigInt(heartbeatMs));
    connection.send({
      type: FrameType.Response,
      flags: Flag.EndStream | (clearAnswer === true ? 0 : Flag.Encrypted),
      payload: field(15, registered),
    });
  }
}

/** The first connection of a plugin, or why there is none. */
async function waitFor(dialled: Promise<Connection>, process: TestedProcess): Promise<Connection> {
  let timer: NodeJS.Timeout | undefined;
  const words = (): string => (process.lastLine === "" ? "" : `: ${process.lastLine}`);
  const patience = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`it has not dialled the address of its ticket within ${startMs} ms`), startMs);
  });
  const gone = process.exited.then(
    ({ code, signal }) => `it ended (${signal ?? `exit code ${code}`}) before it dialled`,
  );
  const first = await Promise.race([dialled, patience, gone]);
  clearTimeout(timer);
  if (typeof first === "string") throw new Nonconformance(first + words());
  return first;
}

function daemonHello(launch: Launch, staticKey: Buffer, behaviour: Behaviour): Buffer {
  const { chosenVersion = 1n, chosenFeatures = [], identity = {} } = behaviour;
  const { chain, notAfter, signature } = createCredentials(launch.authority, launch.daemonId, staticKey, identity);
  return Buffer.concat([
    field(1, 1n),
    field(3, productVersion),
    field(4, chosenVersion),
    ...chosenFeatures.map((feature) => field(5, feature)),
    ...chain.map((certificate) => field(6, certificate)),
    field(7, notAfter),
    field(8, signature),
  ]);
}

function parse<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new Nonconformance(`its ${what} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The methods of a registration. */
export function hostedMethods(
  register: Fields,
): { readonly id: number; readonly name: string; readonly kind: number; readonly sensitive: boolean }[] {
  return bytesOf(register, 3)
    .map(decode)
    .map((method) => ({
      id: numberOf(method, 1),
      name: textOf(method, 2),
      kind: numberOf(method, 3),
      sensitive: numberOf(method, 4) === 1,
    }));
}
