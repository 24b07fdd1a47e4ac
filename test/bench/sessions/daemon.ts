// A daemon whose plugins are sessions of a few processes: what it does for each is what it does for a launched one, from
// the listener and the ticket to the session, without the process. Usage: fork("daemon.mjs", ["crucible", FOLDER])
import { join } from "node:path";
import { generateStaticKey } from "../../../runtime/typescript/src/crypto/cipher-suite.js";
import { nodeSuite } from "../../../runtime/typescript/src/crypto/node/node-suite.js";
import type { DaemonCore } from "../../../runtime/typescript/src/daemon/core.js";
import { createCore } from "../../../runtime/typescript/src/daemon/daemon.js";
import { Gate } from "../../../runtime/typescript/src/daemon/gate.js";
import { makeTicket } from "../../../runtime/typescript/src/daemon/launch-ticket.js";
import { thisPlatform } from "../../../runtime/typescript/src/daemon/listening.js";
import type { EnteredSession } from "../../../runtime/typescript/src/daemon/session-door.js";
import { TokenLedger } from "../../../runtime/typescript/src/daemon/token-ledger.js";
import { ownTrustedKey, TokenVerifier } from "../../../runtime/typescript/src/daemon/token-verifier.js";
import { Peer } from "../../../runtime/typescript/src/rpc/peer.js";
import type { DaemonOpened } from "../../../runtime/typescript/src/session/daemon-opening.js";
import { request, response } from "../calls/workload.js";
import { Bench } from "../gen/bench/v1/bench_daemon.js";
import { measureMemory, type Memory } from "./memory.js";

/** What the parent asks for. */
export type DaemonQuestion =
  /** Listeners and tickets for so many plugins more; `keep` leaves each listener open once its plugin is there. */
  | { readonly do: "invite"; readonly count: number; readonly keep: boolean }
  | { readonly do: "measure" }
  /** `inFlight` calls at a time to each plugin for `ms`. */
  | { readonly do: "load"; readonly ms: number; readonly inFlight: number };

export interface DaemonAnswer extends Memory {
  readonly tickets: readonly string[];
  /** Sessions that are open. */
  readonly open: number;
  /** Of these, those that were heard of in the last interval and a half. */
  readonly heard: number;
  /** Sessions that have ended. */
  readonly lost: number;
  /** Calls a second. */
  readonly calls: number;
  readonly errors: readonly string[];
}

const [, folder] = process.argv.slice(2) as [string, string];
const problems: string[] = [];
const { core: made, bootId } = await createCore(thisPlatform, {
  name: "bench",
  stateDirectory: join(folder, "state"),
  socketDirectory: join(folder, "s"),
  onLog: ({ level, message }) => {
    if (level === "warn" || level === "error") problems.push(message);
  },
});
const { daemonId, tokenKey } = made.authority;
const { clock } = made;
// Remembers more tokens than a daemon does, which takes 4,096 launches in the time that a token lives.
const ledger = new TokenLedger({ clock, maxTokens: 20_000 });
const keys = [ownTrustedKey(daemonId, tokenKey)];
const core: DaemonCore = { ...made, verifier: new TokenVerifier({ daemonId, bootId, keys, ledger, clock }) };
const peers = new Set<Peer>();
let invited = 0;
let lost = 0;

/** As a launch does it. Apart from `invite`, so that a session keeps no listener that has closed. */
function take(
  pluginId: string,
  { link, register, answer, sessionHi, sessionLo }: DaemonOpened<unknown>,
): EnteredSession {
  const peer = new Peer({
    link,
    clock: core.clock,
    side: "daemon",
    peer: { id: pluginId },
    limits: core.limits,
    peerLimits: core.limits,
    registry: core.registry,
    peerMethods: register.methods,
    capabilities: new Set(answer.capabilities),
    answerSpace: core.answerSpace,
    onHandlerFailure: ({ error }) => problems.push(String(error)),
    onClosed: (error) => {
      lost++;
      peers.delete(peer);
      problems.push(error.message);
    },
  });
  peers.add(peer);
  const { session } = peer;
  return {
    id: { sessionHi, sessionLo },
    connections: 1,
    ending: false,
    capabilities: new Set(),
    join: (joining) => session.attach(joining),
    resume: (resuming) => session.resume(resuming),
  };
}

/** As a launch does it, without the process. */
async function invite(keep: boolean): Promise<string> {
  const pluginId = `bench-${++invited}`;
  const key = generateStaticKey(nodeSuite);
  const gate: Gate = await Gate.open({
    core,
    pluginId,
    pluginKey: key.publicKey,
    encryption: core.encryption,
    capabilities: new Set(),
    maxConnections: 1,
    onOpened(opened) {
      const session = take(pluginId, opened);
      if (!keep) void gate.close();
      return session;
    },
    onRefused: (error) => problems.push(error.message),
  });
  return makeTicket(core, pluginId, gate.address, key);
}

async function load(ms: number, inFlight: number): Promise<number> {
  const start = performance.now();
  const end = start + ms;
  let done = 0;
  const lanes = [...peers].flatMap((peer) => {
    const bench = peer.client(Bench);
    return Array.from({ length: inFlight }, async () => {
      while (performance.now() < end) {
        try {
          const { id } = await bench.search(request);
          if (id !== response.id) problems.push(`wrong answer ${id}`);
        } catch (error) {
          problems.push(String(error));
          return;
        }
        done++;
      }
    });
  });
  await Promise.all(lanes);
  return (done / (performance.now() - start)) * 1000;
}

async function answer(question: DaemonQuestion): Promise<DaemonAnswer> {
  const tickets: string[] = [];
  let calls = 0;
  if (question.do === "invite") {
    for (let i = 0; i < question.count; i++) tickets.push(await invite(question.keep));
  } else if (question.do === "load") {
    calls = await load(question.ms, question.inFlight);
  }
  const heardFrom = core.clock.monotonicMs() - 1.5 * core.limits.heartbeatIntervalMs;
  const memory = question.do === "invite" ? { rss: 0, heap: 0, buffers: 0 } : await measureMemory();
  const heard = [...peers].filter(({ session }) =>
    session.lanes.some(({ arrivedMs }) => arrivedMs >= heardFrom),
  ).length;
  const errors = problems.slice(0, 5);
  return { ...memory, tickets, open: peers.size, heard, lost, calls, errors };
}

process.on("message", (question: DaemonQuestion) => {
  void answer(question).then((answered) => process.send!(answered));
});
process.on("disconnect", () => process.exit(0));
process.send!("ready");
