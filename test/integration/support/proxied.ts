import { join } from "node:path";
import { afterAll } from "vitest";
import type { LaunchOptions, Plugin } from "../../../runtime/typescript/src/daemon/index.js";
import { WireProxy } from "../../suites/wire-proxy.js";
import { type Lab, temporaryDirectory } from "./lab.js";
import { program } from "./programs.js";

const proxies: WireProxy[] = [];
afterAll(() => {
  for (const proxy of proxies) proxy.close();
});

/** A plugin whose connections somebody can cut, who stands between it and its daemon. */
export interface Proxied {
  readonly plugin: Plugin;
  readonly proxy: WireProxy;
}

let launched = 0;

export async function launchProxied(lab: Lab, fixture: string, options: Partial<LaunchOptions> = {}): Promise<Proxied> {
  const id = `proxied-${++launched}`;
  const path = join(temporaryDirectory(), "p", "proxy.sock");
  const proxy = await WireProxy.listen(path, join(lab.socketDirectory, `${id}.sock`));
  proxies.push(proxy);
  const programs = [await program("behind-proxy"), await program(fixture)];
  const plugin = await lab.daemon.launch({
    id,
    command: [process.execPath, ...programs, proxy.address],
    // Somebody dials in its place.
    connectFrom: "anywhere",
    ...options,
  });
  return { plugin, proxy };
}
