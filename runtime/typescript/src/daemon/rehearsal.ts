import { generateStaticKey } from "../crypto/cipher-suite.js";
import { nodeSuite } from "../crypto/node/node-suite.js";
import { createDaemonVerifier } from "../crypto/node/verify-daemon.js";
import { CrucibleError } from "../error/index.js";
import { HealthCheckCodec, HealthReportCodec } from "../gen/crucible/ipc/v1/control_codec.js";
import { describeMethods, Peer, type PeerOptions } from "../rpc/peer.js";
import { Registry } from "../rpc/registry.js";
import { Idempotency, type Method, MethodKind, type Service, ServiceClient } from "../rpc/service.js";
import { ownOffer } from "../session/handshake/own-offer.js";
import { PluginHandshake } from "../session/handshake/plugin-handshake.js";
import type { Link } from "../session/link.js";
import { openAsPlugin } from "../session/plugin-opening.js";
import { createMemoryTransport } from "../transport/memory.js";
import { type DaemonCore, PendingBudget } from "./core.js";
import { Gate } from "./gate.js";
import { createBootId, TokenIssuer } from "./token.js";
import { TokenLedger } from "./token-ledger.js";
import { ownTrustedKey, TokenVerifier } from "./token-verifier.js";

/** Of both ends. */
const pluginId = "rehearsal";

let begun: Promise<void> | undefined;

/** `rehearse`, once in a process, however often it is called; the same promise then. */
export function rehearseOnce(core: DaemonCore): Promise<void> {
  return (begun ??= rehearse(core));
}

/**
 * Opens a session with itself, in memory, and makes a call each way. What runs for the first time is compiled first, and a
 * library of cryptography looks its algorithms up: a daemon takes 17 ms for its first plugin from the connection to the
 * answer of the first call, and 4 for the second (Node 20 and 24). While the process of that plugin starts there is nothing
 * else to do. Nothing of it can be reached from outside: address, token and keys are its own, and end with it.
 *
 * Rejects when a session cannot be opened, or a call fails.
 */
export async function rehearse(core: DaemonCore): Promise<void> {
  const { clock, authority, limits } = core;
  const { daemonId, tokenKey, caCertificate } = authority;
  const transport = createMemoryTransport({ clock });
  // Of another run than this one's: its tokens are good for nothing else.
  const bootId = createBootId();
  const issuer = new TokenIssuer({ daemonId, bootId, key: tokenKey, clock });
  const ledger = new TokenLedger({ clock });
  const verifier = new TokenVerifier({ daemonId, bootId, keys: [ownTrustedKey(daemonId, tokenKey)], ledger, clock });
  const key = generateStaticKey(nodeSuite);
  const ends: Peer[] = [];
  const registry = new Registry([implementation]);
  const play = (side: PeerOptions["side"], link: Link, peerMethods: PeerOptions["peerMethods"]): Peer => {
    const peer = makePeer(core, { link, side, registry, peerMethods });
    ends.push(peer);
    return peer;
  };
  const gate = await Gate.open({
    core: {
      ...core,
      issuer,
      verifier,
      registry,
      log: () => {},
      listening: { ...core.listening, transport, addressFor: () => `memory:${pluginId}` },
      pending: new PendingBudget(1),
    },
    pluginId,
    pluginKey: key.publicKey,
    capabilities: new Set(),
    encryption: core.encryption,
    maxConnections: 1,
    onOpened({ link, register, sessionHi, sessionLo }) {
      const { session } = play("daemon", link, register.methods);
      return {
        id: { sessionHi, sessionLo },
        connections: 1,
        ending: false,
        capabilities: new Set(),
        join: (joining) => session.attach(joining),
        resume: (resuming) => session.resume(resuming),
      };
    },
    onRefused: () => {},
  });
  try {
    const connection = await transport.dial(gate.address);
    const handshake = new PluginHandshake({
      suite: nodeSuite,
      staticKey: nodeSuite.keyPair(key.privateKey),
      binding: connection.binding,
      offer: ownOffer,
      daemonId,
      verifyDaemon: createDaemonVerifier({ ca: caCertificate, daemonId, clock }),
      token: await issuer.issue({ pluginId, staticKey: key.publicKey }),
    });
    await openAsPlugin({
      connection,
      clock,
      limits,
      handshake,
      register: { pluginId, methods: describeMethods(registry) },
      open: ({ link, registered }) => play("plugin", link, registered.methods),
    });
    for (const end of ends) await end.client(RehearsalClient).check();
  } finally {
    await gate.close();
    for (const { session } of ends) session.abort(new CrucibleError("SESSION_CLOSED", "the rehearsal is over"));
  }
}

/** One end of a session that is rehearsed. */
function makePeer(
  { clock, limits }: DaemonCore,
  { link, side, registry, peerMethods }: Pick<PeerOptions, "link" | "side" | "registry" | "peerMethods">,
): Peer {
  return new Peer({
    link,
    clock,
    side,
    peer: { id: pluginId },
    limits,
    peerLimits: limits,
    registry,
    peerMethods,
    capabilities: new Set(),
    onHandlerFailure: () => {},
    onClosed: () => {},
  });
}

const check: Method = {
  name: "crucible.Rehearsal/Check",
  id: 1_478_887_426,
  kind: MethodKind.Unary,
  request: HealthCheckCodec,
  response: HealthReportCodec,
  idempotency: Idempotency.NoSideEffects,
  timeoutMs: 5_000,
  sensitive: false,
  capability: "",
};

const service: Service = {
  typeName: "crucible.Rehearsal",
  host: "plugin",
  methods: { check },
  schema: () => Promise.reject(new Error("a rehearsal has no schema")),
};

const implementation: { readonly $service: Service; check(): Promise<unknown> } = {
  $service: service,
  check: () => Promise.resolve({ status: 1 }),
};

class RehearsalClient extends ServiceClient {
  static readonly service: Service = service;

  check(): Promise<unknown> {
    return this.$caller.unary(check, { service: pluginId }, { metadata: { rehearsal: "1" } });
  }
}
