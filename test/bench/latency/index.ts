import { fileURLToPath } from "node:url";
import type { Node } from "../nodes.js";
import { figures, median } from "../numbers.js";
import type { BarGroup, BenchResult } from "../report/result.js";
import { Worker } from "../workers.js";
import { coldPeers, coldRounds, measureCold } from "./cold.js";
import type { Beside, Latencies } from "./worker.js";

/** Calls measured beside each transfer, at least. */
const leastCalls = 20_000;
/** A message of 256 MiB takes a part of a second. */
const turnMs = { stream: 400, message: 2000 } as const;
/** Turns end in any case: a machine may be too busy for so many calls. */
const mostTurns = { stream: 100, message: 60 } as const;
const loads = { stream: "a stream of 1 MiB messages", message: "a message of 256 MiB" } as const;
const carriers = ["crucible", "single", "raw"] as const;

/** What was measured beside one load, by who carried it. */
type Samples = Record<(typeof carriers)[number], { readonly calls: number[]; readonly rates: number[] }>;

async function measureBeside(worker: Worker<Beside, Latencies>, load: Beside["load"]): Promise<Samples> {
  const samples: Samples = {
    crucible: { calls: [], rates: [] },
    single: { calls: [], rates: [] },
    raw: { calls: [], rates: [] },
  };
  const enough = (): boolean => carriers.every((over) => samples[over].calls.length >= leastCalls);
  for (let turn = 0; turn < mostTurns[load] && !enough(); turn++) {
    for (const over of carriers) {
      const { calls, transferRate } = await worker.ask({ load, over, ms: turnMs[load] });
      for (const call of calls) samples[over].calls.push(call);
      samples[over].rates.push(transferRate);
    }
  }
  return samples;
}

function percentile(list: readonly number[], share: number): number {
  return list.toSorted((a, b) => a - b)[Math.floor(list.length * share)]!;
}

/** What a connection and its first call should take in fresh processes, at most. */
const aimMs = 5;

/** Small calls, one in flight, beside a large transfer of ours and beside an equal one over a bare socket. */
export async function benchLatency(nodes: readonly Node[]): Promise<BenchResult> {
  const script = fileURLToPath(new URL("worker.js", import.meta.url));
  const rows: string[][] = [["calls beside", "calls", "p50 µs", "p99 µs", "max µs", "transfer, MB/s"]];
  const coldRows: string[][] = [];
  const ratios: Record<string, number> = {};
  const groups: BarGroup[] = [];
  for (const node of nodes) {
    const worker = await Worker.start<Beside, Latencies>(node, script, "crucible");
    try {
      for (const load of ["stream", "message"] as const) {
        const samples = await measureBeside(worker, load);
        for (const over of carriers) {
          const { calls, rates } = samples[over];
          rows.push([
            `${loads[load]}, ${over} @${node.major}`,
            calls.length.toLocaleString("en"),
            percentile(calls, 0.5).toFixed(0),
            percentile(calls, 0.99).toFixed(0),
            percentile(calls, 1 - 1 / calls.length).toFixed(0),
            (median(rates) / 1e6).toFixed(0),
          ]);
        }
        const p99 = (over: (typeof carriers)[number]): number => percentile(samples[over].calls, 0.99);
        groups.push({ label: `${load}, p99 @${node.major}`, values: carriers.map(p99) });
        ratios[`p99${load === "stream" ? "bulk" : "message"}/raw@${node.major}`] = figures(
          p99("crucible") / p99("raw"),
        );
        ratios[`p99${load === "stream" ? "bulk" : "message"}/single@${node.major}`] = figures(
          p99("crucible") / p99("single"),
        );
      }
    } finally {
      worker.end();
    }
    const { connect, launch, cryptography } = await measureCold(node);
    const addCold = (what: string, times: readonly number[]): void => {
      const micros = (value: number): string => (value * 1000).toFixed(0);
      const label = `a fresh process: ${what} @${node.major}`;
      coldRows.push([label, `${times.length}`, micros(median(times)), "–", micros(Math.max(...times)), "–"]);
    };
    const ours = connect["crucible"]!;
    for (const peer of coldPeers) {
      const times = connect[peer]!;
      addCold(`connect and first call, ${peer}`, times);
      if (peer !== "crucible")
        ratios[`cold/${peer}@${node.major}`] = figures(median(ours.map((ms, i) => ms / times[i]!)));
    }
    addCold("launch, connect and first call, crucible", launch);
    addCold("the cryptography of a plugin's handshake alone", cryptography);
    ratios[`cold/aim@${node.major}`] = figures(median(ours) / aimMs);
  }
  return {
    method,
    rows: [...rows, ...coldRows],
    ratios,
    versions: { "grpc-js": "@grpc/grpc-js" },
    chart: {
      title: "Latency beside bulk",
      axis: "p99 of small calls, µs, beside a transfer by ours and by a bare socket; shorter is better",
      series: carriers,
      groups,
    },
  };
}

const method = `Small calls of ours, one in flight, while the plugin sends as fast as it can: a stream of 1 MiB messages, or one message of
256 MiB after another. Either ours carries it, in the session of the calls, or a bare socket between the same two processes, whose
reader counts and drops; \`single\` is ours where the session has one connection for both. In turns of ${turnMs.stream} and ${turnMs.message} ms until each has ${leastCalls.toLocaleString("en")} calls, which are taken together.
Below that, fresh processes: from the dial, all imports done, to the answer of the first call; for ours the handshake and the
registration are in it. "Launch" is from the request to launch the plugin, its process included, and "cryptography" what the
plugin's handshake computes, in a process that does nothing else. Medians of ${coldRounds} pairs in turns. The ratio \`aim\` is to ${aimMs} ms.`;
