import type { Clock } from "../../clock/clock.js";
import { CrucibleError } from "../../error/index.js";
import { parseAddress } from "../address.js";
import type { Transport, TransportOptions } from "../transport.js";
import { createPipeTransport } from "./pipe.js";
import type { TlsOptions } from "./tls-options.js";
import { createUnixTransport } from "./unix.js";

/** What the transports of a process are made with. */
export interface TransportForOptions extends TransportOptions {
  /** Default: the platform's. */
  readonly clock?: Clock;
  /** Whom to expect and what to show over TLS. Default: nobody and nothing, so that TLS cannot be used. */
  readonly tls?: Omit<TlsOptions, "clock" | keyof TransportOptions>;
  /** The transport that addresses `memory:name` are of; each has names of its own. Default: none. */
  readonly memory?: Transport;
}

/**
 * The transport that an address names: `unix:/path`, `tls://host:port`, `pipe:name` or `memory:name`. What only some
 * addresses need is loaded for them alone. Rejects with reason ADDRESS_INVALID.
 */
export async function transportFor(address: string, options: TransportForOptions = {}): Promise<Transport> {
  const { tls, memory, ...common } = options;
  switch (parseAddress(address).kind) {
    case "unix":
      return createUnixTransport(common);
    case "tls": {
      const { createTlsTransport } = await import("./on-demand.js");
      return createTlsTransport({ ...tls, ...common });
    }
    case "pipe":
      return createPipeTransport(common);
    case "memory":
      if (memory !== undefined) return memory;
      throw new CrucibleError(
        "ADDRESS_INVALID",
        `address ${address} lies within one process, and none was told which; write unix:/path/to/name.sock`,
      );
  }
}
