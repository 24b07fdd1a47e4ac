// The few ratios of docs/performance.md that README.md shows.
import { figures } from "../numbers.js";

/** What one line of the summary compares. */
interface Line {
  readonly what: string;
  /** The ratio's name before the slash. */
  readonly metric: string;
  /** Ratios of times and sizes, of which less is better: turned over. */
  readonly less?: true;
  /** By the names that ratios have: what a reader calls them. */
  readonly peers: Readonly<Record<string, string>>;
}

const lines: readonly Line[] = [
  {
    what: "calls, 64 in flight",
    metric: "calls64",
    peers: { "grpc-js": "grpc-js", "go-grpc": "gRPC in Go", ttrpc: "ttrpc in Go", raw: "bare sockets" },
  },
  {
    what: "one call alone",
    metric: "p50",
    less: true,
    peers: { "grpc-js": "grpc-js", "go-grpc": "gRPC in Go", ttrpc: "ttrpc in Go", raw: "bare sockets" },
  },
  {
    what: "messages of a stream",
    metric: "stream",
    peers: { "grpc-js": "grpc-js", "go-grpc": "gRPC in Go", ttrpc: "ttrpc in Go", raw: "bare sockets" },
  },
  {
    what: "messages of 1 MiB",
    metric: "bulk1m",
    peers: { "grpc-js": "grpc-js", "go-grpc": "gRPC in Go", ttrpc: "ttrpc in Go", raw: "bare sockets" },
  },
  {
    what: "encoding",
    metric: "encode",
    peers: { "protobuf-es": "protobuf-es", "ts-proto": "ts-proto", protobufjs: "protobufjs" },
  },
  {
    what: "decoding",
    metric: "decode",
    peers: { "protobuf-es": "protobuf-es", "ts-proto": "ts-proto", protobufjs: "protobufjs" },
  },
  { what: "validating", metric: "validate-note", peers: { "protovalidate-es": "protovalidate-es" } },
  {
    what: "generating from 88,000 lines",
    metric: "wall88k",
    less: true,
    peers: { "ts-proto": "ts-proto", "protobuf-ts": "protobuf-ts", "protoc-gen-es": "protoc-gen-es" },
  },
];

/** All ratios that a document's tables have, by name. */
export function ratiosIn(document: string): Map<string, number> {
  return new Map(
    [...document.matchAll(/^\| `([^`]+)` *\| *([0-9.e+-]+) \|$/gm)].map(([, name, ratio]) => [name!, Number(ratio)]),
  );
}

/** How many times as fast as each peer ours is on each Node, as a table of Markdown; what was not measured is left out. */
export function summaryOf(document: string, nodes: readonly number[]): string {
  const ratios = ratiosIn(document);
  const rows = lines.map(({ what, metric, less, peers }) => {
    const cells = nodes.map((node) =>
      Object.entries(peers)
        .flatMap(([peer, name]) => {
          const ratio = ratios.get(`${metric}/${peer}@${node}`);
          return ratio === undefined ? [] : [`${times(less ? 1 / ratio : ratio)} × ${name}`];
        })
        .join(", "),
    );
    return `| ${[what, ...cells].join(" | ")} |`;
  });
  const head = ["", ...nodes.map((node) => `Node ${node}`)];
  return [`| ${head.join(" | ")} |`, `|${" :-- |".repeat(head.length)}`, ...rows].join("\n");
}

function times(ratio: number): string {
  return ratio < 10 ? ratio.toFixed(1) : String(Math.round(figures(ratio)));
}
