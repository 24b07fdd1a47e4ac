import type { BenchResult } from "../report/result.js";
export async function benchCold(..._nodes: unknown[]): Promise<BenchResult> {
  throw new Error("later");
}
