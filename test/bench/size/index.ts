import type { BenchResult } from "../report/result.js";
export async function benchSize(..._nodes: unknown[]): Promise<BenchResult> {
  throw new Error("later");
}
