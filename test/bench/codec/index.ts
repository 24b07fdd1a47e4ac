import { fileURLToPath } from "node:url";
import { figures, geometricMean, median } from "../numbers.js";
import type { Node } from "../nodes.js";
import { generatePeers } from "../peers/generate.js";
import type { BarGroup, BenchResult } from "../report/result.js";
import { type Samples, sampleAgain, sampleInTurns, speedup } from "../workers.js";
import { workloads } from "./messages.js";
import { peerNames } from "./peers.js";

/** Fresh processes of each peer: one and the same program is compiled well in one and less well in another. */
const processes = 5;
/** Samples in each. */
const rounds = 3;
const [ours, ...others] = peerNames;
const directions = ["encode", "decode"] as const;
const names = Object.keys(workloads);
/** The messages that share a process, as in a program: code for all kinds of messages has met more than one. */
const together = [["request", "note", "google1"], ["list"], ["packed"], ["texts"]];
/**
 * What the means are over. Packed numbers and texts that are not ASCII, one kind of value each, stand for themselves, and so
 * does encoding the list, whose entries are all one kind of message.
 */
const mean: Readonly<Record<(typeof directions)[number], readonly string[]>> = {
  encode: ["request", "note", "google1"],
  decode: ["request", "note", "google1", "list"],
};

/** Encoding and decoding, all peers at the same messages. */
export async function benchCodec(nodes: readonly Node[]): Promise<BenchResult> {
  generatePeers();
  const script = fileURLToPath(new URL("worker.js", import.meta.url));
  const rows: string[][] = [["", "bytes", ...peerNames, "in place", ...others.map((peer) => `× ${peer}`)]];
  const ratios: Record<string, number> = {};
  const groups: BarGroup[] = [];
  for (const node of nodes) {
    const samples: Record<string, Samples> = {};
    for (const direction of directions) {
      for (const some of together) {
        const ids = some.map((name) => `${direction}-${name}`);
        const sample = () => sampleInTurns(node, script, peerNames, ids, rounds, direction, ...some);
        Object.assign(samples, await sampleAgain(processes, sample));
      }
    }
    const inPlace: Record<string, Samples> = {};
    for (const some of together) {
      const ids = some.map((name) => `write-${name}`);
      Object.assign(inPlace, await sampleInTurns(node, script, [ours], ids, 3, "encode", ...some));
    }
    const means: Record<string, number> = {};
    for (const direction of directions) {
      for (const peer of others) {
        const ratio = (name: string): number => speedup(samples[`${direction}-${name}`]!, ours, peer);
        for (const name of names) ratios[`${direction}-${name}/${peer}@${node.major}`] = figures(ratio(name));
        means[`${direction}/${peer}@${node.major}`] = figures(geometricMean(mean[direction].map(ratio)));
      }
    }
    Object.assign(ratios, means);
    for (const id of Object.keys(samples)) {
      const [direction, name] = id.split("-") as [string, string];
      const speedups = others.map((peer) => ratios[`${id}/${peer}@${node.major}`]!);
      rows.push([
        `${direction} ${name} @${node.major}`,
        averageBytes(name),
        ...peerNames.map((peer) => time(samples[id]!, peer)),
        direction === "encode" ? time(inPlace[`write-${name}`]!, ours) : "",
        ...speedups.map((one) => one.toFixed(2)),
      ]);
      groups.push({ label: `${direction} ${name} @${node.major}`, values: [...speedups] });
    }
    for (const direction of directions) {
      const speedups = others.map((peer) => means[`${direction}/${peer}@${node.major}`]!.toFixed(2));
      rows.push([`${direction}, mean @${node.major}`, "", ...peerNames.map(() => ""), "", ...speedups]);
    }
  }
  return {
    method,
    rows,
    ratios,
    versions: { protobufjs: "protobufjs", "protobuf-es": "@bufbuild/protobuf", "ts-proto": "ts-proto" },
    chart: {
      title: "Codecs",
      axis: "how many times as fast as the peer; longer is better",
      series: others.map((peer) => `than ${peer}`),
      groups,
    },
  };
}

const method = `Time for one message, medians of ${processes * rounds} samples in turns of 15 ms, or of 10 messages where one takes long,
${rounds} in each of ${processes} fresh processes. Each peer has processes of its own for request, note and google1, some to encode and some to
decode, and for each of the other messages. Static code of pbjs for protobufjs, \`forceLong=bigint,oneof=unions-value\` for ts-proto. Everyone decodes the same bytes, and what everyone
encodes is decoded by protobuf-es and compared. "In place" is ours without a buffer of its own: into the caller's frame. Means
are geometric, of encoding over ${mean.encode.join(", ")}, of decoding over ${mean.decode.join(", ")}; the others stand for
themselves.`;

function averageBytes(name: string): string {
  const { encoded } = workloads[name]!;
  const all = encoded.reduce((sum, bytes) => sum + bytes.length, 0);
  return Math.round(all / encoded.length).toLocaleString("en");
}

function time(samples: Samples, peer: string): string {
  const ns = median(samples[peer]!);
  if (ns >= 1e6) return `${(ns / 1e6).toPrecision(3)} ms`;
  return ns >= 1e4 ? `${(ns / 1e3).toPrecision(3)} µs` : `${Math.round(ns)} ns`;
}
