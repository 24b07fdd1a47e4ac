import { type ChildProcess, spawn } from "node:child_process";

/** Starts a server of a peer, `script NAME PATH`, in a process of its own; resolves once it has said something. */
export async function startServer(script: string, name: string, path: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [script, name, path], { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise((resolve, reject) => {
    child.stdout.once("data", resolve);
    child.once("exit", (code) => reject(new Error(`server of ${name} exited with ${code}`)));
  });
  return child;
}
