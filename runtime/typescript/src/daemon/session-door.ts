import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { CrucibleError } from "../error/index.js";
import type { PluginRegisteredInit } from "../gen/crucible/ipc/v1/control_codec.js";
import type { PluginRegister } from "../gen/crucible/ipc/v1/control_pb.js";
import { Intent } from "../gen/crucible/ipc/v1/handshake_codec.js";
import type { Admission } from "../session/daemon-opening.js";
import { type SessionEntry, sessionTicketBytes } from "../session/handshake/entry.js";
import type { Link } from "../session/link.js";
import type { SessionId } from "./session-id.js";

/** A live session, as far as connections that enter it are concerned. */
export interface EnteredSession {
  readonly id: SessionId;
  /** Its connections, those that are being closed included. */
  readonly connections: number;
  /** It takes no more of them. */
  readonly ending: boolean;
  /** What the plugin was granted. */
  readonly capabilities: ReadonlySet<string>;
  /** Adds a connection. Throws when it does not fit. */
  join(link: Link): void;
  /** Goes on by this connection alone, with these capabilities, which are no more than before. Throws when it does not fit. */
  resume(link: Link, capabilities: ReadonlySet<string>): void;
}

/** How a plugin comes in that has shown the ticket of its session. */
export interface Entrance {
  readonly intent: SessionEntry["intent"];
  /** Which opening of the door it came by: it is void once that is shut. */
  readonly opening: object;
}

/** The rules of one door. */
export interface DoorRules {
  readonly pluginId: string;
  /** What the launch allows. */
  readonly capabilities: ReadonlySet<string>;
  /** Connections that the session may have, beside those that are being closed. */
  readonly maxConnections: number;
}

interface Opening {
  /** SHA-256 of the ticket: what is stored opens nothing. */
  readonly ticketHash: Uint8Array;
  /** The static key of the first handshake. */
  readonly staticKey: Uint8Array;
  session: EnteredSession | undefined;
}

/**
 * Lets further connections into the one session of a plugin, to whoever has its ticket and its key.
 *
 *   shut ──issue()──▶ ajar ──admit(session)──▶ open ──shut()──▶ shut, for good
 */
export class SessionDoor {
  readonly #rules: DoorRules;
  #opening: Opening | undefined;

  constructor(rules: DoorRules) {
    this.#rules = rules;
  }

  /** Draws the ticket of the session that is about to begin, for the owner of `staticKey` alone. */
  issue(staticKey: Uint8Array): Uint8Array {
    const ticket = randomBytes(sessionTicketBytes);
    this.#opening = { ticketHash: hashOf(ticket), staticKey: staticKey.slice(), session: undefined };
    return ticket;
  }

  /** The session has begun. */
  open(session: EnteredSession): void {
    if (this.#opening !== undefined) this.#opening.session = session;
  }

  /** Revokes the ticket: nobody comes in any more. May be called twice. */
  shut(): void {
    this.#opening = undefined;
  }

  /**
   * Judges a ticket. Whatever is wrong with it, one answer tells it.
   *
   * @throws CrucibleError SESSION_UNKNOWN.
   */
  verify({ intent, sessionTicket }: SessionEntry, staticKey: Uint8Array): Entrance {
    const opening = this.#opening;
    if (opening?.session === undefined || sessionTicket.length !== sessionTicketBytes) throw this.#unknown();
    const isTicket = timingSafeEqual(hashOf(sessionTicket), opening.ticketHash);
    const isOwner = timingSafeEqual(staticKey, opening.staticKey);
    if (!isTicket || !isOwner) throw this.#unknown();
    return { intent, opening };
  }

  /**
   * Judges a registration by which a plugin enters its session; its methods and version are those of the session.
   *
   * @throws CrucibleError SESSION_UNKNOWN, IDENTITY_MISMATCH, SHUTTING_DOWN, TOO_MANY_CONNECTIONS.
   */
  admit({ intent, opening }: Entrance, register: PluginRegister, limits: PluginRegisteredInit): Admission {
    const { pluginId, maxConnections } = this.#rules;
    const session = this.#enter(opening);
    if (register.pluginId !== pluginId) {
      throw new CrucibleError("IDENTITY_MISMATCH", `plugin ${pluginId} enters its session under another id`);
    }
    // Each may be replaced by another, which comes before it goes.
    if (intent === Intent.JOIN && session.connections >= 2 * maxConnections) {
      throw new CrucibleError(
        "TOO_MANY_CONNECTIONS",
        `the session of plugin ${pluginId} has ${session.connections} connections, which is the limit; close some first`,
      );
    }
    const capabilities = intent === Intent.RESUME ? [...this.#narrowed(session, register)] : [];
    return { ...session.id, answer: { ...limits, capabilities } };
  }

  /** Hands the connection over. Throws what the session throws. */
  enter({ intent, opening }: Entrance, link: Link, register: PluginRegister): void {
    const session = this.#enter(opening);
    if (intent === Intent.RESUME) session.resume(link, this.#narrowed(session, register));
    else session.join(link);
  }

  /** What the plugin had, may have now, and asks for; it asks for all of it by naming none. */
  #narrowed(session: EnteredSession, { capabilities }: PluginRegister): ReadonlySet<string> {
    const asked = new Set(capabilities);
    const allowed = this.#rules.capabilities;
    return new Set(
      [...session.capabilities].filter((name) => allowed.has(name) && (asked.size === 0 || asked.has(name))),
    );
  }

  #enter(opening: object): EnteredSession {
    const session = opening === this.#opening ? this.#opening.session : undefined;
    if (session === undefined) throw this.#unknown();
    if (!session.ending) return session;
    throw new CrucibleError("SHUTTING_DOWN", `the session of plugin ${this.#rules.pluginId} is shutting down`);
  }

  #unknown(): CrucibleError {
    const text = `no session of plugin ${this.#rules.pluginId} is entered by this ticket and key: let the daemon launch it again`;
    return new CrucibleError("SESSION_UNKNOWN", text);
  }
}

function hashOf(ticket: Uint8Array): Uint8Array {
  return createHash("sha256").update(ticket).digest();
}
