import type { BenchResult } from "../report/result.js";
export async function benchValidate(..._nodes: unknown[]): Promise<BenchResult> {
  throw new Error("later");
}
