// Many plugins in one process, each with a session of its own. Usage: fork("plugins.mjs", ["plugins"])
import { systemClock } from "../../../runtime/typescript/src/clock/clock.js";
import { nodeSuite } from "../../../runtime/typescript/src/crypto/node/node-suite.js";
import { createDaemonVerifier } from "../../../runtime/typescript/src/crypto/node/verify-daemon.js";
import { parseTicket } from "../../../runtime/typescript/src/plugin/ticket.js";
import { AnswerSpace } from "../../../runtime/typescript/src/rpc/cache/answer-space.js";
import { describeMethods, Peer } from "../../../runtime/typescript/src/rpc/peer.js";
import { Registry } from "../../../runtime/typescript/src/rpc/registry.js";
import { ownOffer } from "../../../runtime/typescript/src/session/handshake/own-offer.js";
import { PluginHandshake } from "../../../runtime/typescript/src/session/handshake/plugin-handshake.js";
import { defaultLimits } from "../../../runtime/typescript/src/session/limits.js";
import { openAsPlugin } from "../../../runtime/typescript/src/session/plugin-opening.js";
import { adoptLimits } from "../../../runtime/typescript/src/session/resolve-limits.js";
import { transportFor } from "../../../runtime/typescript/src/transport/node/transport-for.js";
import { response } from "../calls/workload.js";
import { BenchPlugin, type SearchResponseInit } from "../gen/bench/v1/bench_plugin.js";
import { measureMemory, type Memory } from "./memory.js";

/** What the parent asks for: a session with each ticket. */
export interface PluginsQuestion {
  readonly tickets: readonly string[];
}

export interface PluginsAnswer extends Memory {
  readonly open: number;
  readonly lost: number;
}

/** Handshakes at one time: fewer than a daemon takes. */
const atOnce = 8;
const clock = systemClock;
const answerSpace = new AnswerSpace(clock);

class Answers extends BenchPlugin {
  override async search(): Promise<SearchResponseInit> {
    return response;
  }
}

const registry = new Registry([new Answers()]);
let open = 0;
let lost = 0;

/** As `serve` does it. */
async function register(text: string): Promise<void> {
  const { address, authority, daemonId, noiseKey, pluginId, token } = parseTicket(text);
  const tls = { daemon: { authority, daemonId }, handshakeTimeoutMs: defaultLimits.handshakeTimeoutMs };
  const transport = await transportFor(address, { clock, tls });
  const connection = await transport.dial(address);
  const handshake = new PluginHandshake({
    suite: nodeSuite,
    staticKey: nodeSuite.keyPair(noiseKey),
    binding: connection.binding,
    offer: ownOffer,
    daemonId,
    verifyDaemon: createDaemonVerifier({ ca: authority, daemonId, clock }),
    token,
  });
  await openAsPlugin({
    connection,
    clock,
    limits: defaultLimits,
    handshake,
    register: { pluginId, pluginVersion: "", methods: describeMethods(registry), capabilities: [] },
    open({ link, registered }) {
      const limits = adoptLimits(defaultLimits, registered.limits, registered.heartbeatIntervalMs);
      open++;
      return new Peer({
        link,
        clock,
        side: "plugin",
        peer: { id: daemonId },
        limits,
        peerLimits: limits,
        registry,
        peerMethods: registered.methods,
        capabilities: new Set(),
        answerSpace,
        onHandlerFailure: ({ error }) => process.stderr.write(`${String(error)}\n`),
        onClosed: () => {
          open--;
          lost++;
        },
      });
    },
  });
}

async function answer({ tickets }: PluginsQuestion): Promise<PluginsAnswer> {
  const waiting = [...tickets];
  const lane = async (): Promise<void> => {
    for (let ticket = waiting.pop(); ticket !== undefined; ticket = waiting.pop()) await register(ticket);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  const memory = tickets.length > 0 ? { rss: 0, heap: 0, buffers: 0 } : await measureMemory();
  return { ...memory, open, lost };
}

process.on("message", (question: PluginsQuestion) => {
  void answer(question).then((answered) => process.send!(answered));
});
process.on("disconnect", () => process.exit(0));
process.send!("ready");
