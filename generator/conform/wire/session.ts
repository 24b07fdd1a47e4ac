// A plugin launched for some cases: its process, its connection, the handshake and the registration.
import { randomBytes } from "node:crypto";
import { unlinkSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { Arrivals, startMs, waitFor } from "./arrivals.js";
import { type Connection, Nonconformance } from "./connection.js";
import { Flag, type Frame, FrameType } from "./frame.js";
import { type Authority, createAuthority, createCredentials, type IdentityFaults } from "./identity.js";
import { createKey, publicHalf, Responder } from "./noise.js";
import { bytesOf, decode, field, type Fields, numberOf, textOf } from "./protobuf.js";
import { TestedProcess } from "./process.js";

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
  /** What the daemon offers; chosen are those that the plugin offers too, unless `chosenFeatures` says otherwise. Default: none. */
  readonly features?: readonly string[];
  /** Connections that the plugin may have. Default: as many as when nothing is said. */
  readonly maxConnections?: number;
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

/** Why a plugin has come, as the proof of its handshake says it. */
export const Intent = { New: 1, Join: 2, Resume: 3 } as const;

/** A connection that is as far as its registration, which nobody has answered. */
export interface Arrival {
  readonly connection: Connection;
  readonly introduction: Introduction;
}

/** A launched plugin. Ends with what was started for it. */
export class Session implements AsyncDisposable {
  /** The one that calls travel by; the first, until a case takes another. */
  connection: Connection;
  readonly process: TestedProcess;
  introduction: Introduction | undefined;
  readonly #launch: Launch;
  readonly #arrivals: Arrivals;
  readonly #server: Server;
  readonly #path: string;
  /** Of the session, for its further connections. */
  readonly #ticket: Buffer = randomBytes(32);
  #ids = 0;

  private constructor(
    connection: Connection,
    process: TestedProcess,
    launch: Launch,
    arrivals: Arrivals,
    server: Server,
    path: string,
  ) {
    this.connection = connection;
    this.process = process;
    this.#launch = launch;
    this.#arrivals = arrivals;
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
    const arrivals = new Arrivals(server, bench.patienceMs);
    await new Promise<void>((resolve) => {
      server.listen(path, resolve);
    });
    let process: TestedProcess | undefined;
    try {
      process = await TestedProcess.start(bench.command, bench.cwd, bench.env, `${JSON.stringify(ticket)}\n`, (line) =>
        bench.print(line),
      );
      const connection = await waitFor(arrivals.next(startMs), process);
      const session = new Session(connection, process, launch, arrivals, server, path);
      await session.#begin(behaviour);
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

  /** Which of these features the plugin has agreed on. */
  agreedOn(feature: string): boolean {
    return offersOf(this.introduction?.hello).includes(feature);
  }

  /**
   * Waits for a further connection of the plugin and takes it as far as its registration; undefined when none comes in that
   * time, or when it ends behind message 2, since the case wants no more of it.
   *
   * @throws Nonconformance when it shows something else than the ticket of its session.
   */
  async arrives(ms: number, behaviour: Behaviour = {}, dialled?: Connection): Promise<Arrival | undefined> {
    const connection = dialled ?? (await this.#arrivals.next(ms));
    if (connection === undefined) return undefined;
    const introduction = await this.#greet(connection, behaviour);
    return introduction === undefined ? undefined : { connection, introduction };
  }

  /** Waits for a further connection, and does nothing with it: hand it to `arrives`. */
  async dials(ms: number): Promise<Connection> {
    const connection = await this.#arrivals.next(ms);
    if (connection === undefined) throw new Nonconformance(`it has not dialled again within ${ms} ms`);
    return connection;
  }

  /** Answers a registration by which the plugin enters its session. */
  letIn({ connection }: Arrival, behaviour: Behaviour = {}): void {
    this.#answer(connection, { session: this.connection.session, ...behaviour }, false);
  }

  async #begin(behaviour: Behaviour): Promise<void> {
    this.introduction = await this.#greet(this.connection, behaviour);
    if (this.introduction !== undefined) this.#answer(this.connection, behaviour, true);
  }

  async #greet(connection: Connection, behaviour: Behaviour): Promise<Introduction | undefined> {
    const launch = this.#launch;
    const noise = new Responder();
    const first = await connection.take("message 1 of the handshake", FrameType.Handshake, 0);
    const hello = parse("PluginHello", () => decode(noise.readFirst(first.payload)));
    const chosen = (behaviour.features ?? []).filter((feature) => offersOf(hello).includes(feature)).toSorted();
    const daemon = daemonHello(launch, noise.staticKey, { chosenFeatures: chosen, ...behaviour });
    connection.send({ type: FrameType.Handshake, payload: noise.writeSecond(daemon) });
    if (behaviour.untilSecond === true) return undefined;
    const third = await connection.take("message 3 of the handshake", FrameType.Handshake, 0);
    const { staticKey, payload } = parse("message 3", () => noise.readThird(third.payload));
    const proof = parse("PluginProof", () => decode(payload));
    if (numberOf(proof, 1) === Intent.New) {
      if (textOf(proof, 2) !== launch.token) throw new Nonconformance("its token is not that of the ticket");
    } else if (!(bytesOf(proof, 3).at(-1) ?? Buffer.alloc(0)).equals(this.#ticket)) {
      throw new Nonconformance("the ticket that it shows is not that of its session");
    } else if (textOf(proof, 2) !== "") {
      throw new Nonconformance("it shows a token beside the ticket of its session");
    }
    if (!staticKey.equals(publicHalf(launch.noiseKey))) throw new Nonconformance("its key is not that of the ticket");
    connection.useKeys(noise.split());
    const register = await this.#registration(connection);
    if (textOf(register, 1) !== launch.pluginId) throw new Nonconformance("it registers under another plugin id");
    return { hello, proof, register };
  }

  async #registration(connection: Connection): Promise<Fields> {
    const parts: Buffer[] = [];
    for (;;) {
      const frame: Frame = await connection.take("PluginRegister", FrameType.PluginRegister, 0);
      if ((frame.flags & Flag.Encrypted) === 0)
        throw new Nonconformance("SEAL_REQUIRED: its PluginRegister is in clear");
      parts.push(frame.payload);
      if ((frame.flags & Flag.More) === 0) break;
    }
    return parse("PluginRegister", () => decode(Buffer.concat(parts)));
  }

  #answer(connection: Connection, behaviour: Behaviour, isFirst: boolean): void {
    const { clearAnswer, session, heartbeatMs = 15_000, features = [], maxConnections } = behaviour;
    // 60 random bits, and 8 as the high nibble of byte 6.
    const bits = randomBytes(8);
    bits.writeUInt8((bits.readUInt8(6) & 15) | 128, 6);
    connection.session = session ?? bits.readBigUInt64BE();
    const entered = isFirst && (features.includes("join") || features.includes("resume"));
    const registered = Buffer.concat([
      ...(maxConnections === undefined ? [] : [field(3, field(4, BigInt(maxConnections)))]),
      field(4, BigInt(heartbeatMs)),
      ...(entered ? [field(6, this.#ticket)] : []),
    ]);
    connection.send({
      type: FrameType.Response,
      flags: Flag.EndStream | (clearAnswer === true ? 0 : Flag.Encrypted),
      payload: field(15, registered),
    });
  }
}

/** The features that a hello lists. */
function offersOf(hello: Fields | undefined): string[] {
  return hello === undefined ? [] : bytesOf(hello, 2).map(String);
}

function daemonHello(launch: Launch, staticKey: Buffer, behaviour: Behaviour): Buffer {
  const { chosenVersion = 1n, chosenFeatures = [], features = [], identity = {} } = behaviour;
  const { chain, notAfter, signature } = createCredentials(launch.authority, launch.daemonId, staticKey, identity);
  return Buffer.concat([
    field(1, 1n),
    ...features.map((feature) => field(2, feature)),
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
