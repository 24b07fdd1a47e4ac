import { type Koffi, loadKoffi } from "./native.js";

/** A process at the other end of a local socket. */
export interface PeerProcess {
  /** As this process sees it; 0 when the other one is in no namespace that this one can see. */
  readonly pid: number;
  /** Its effective user when it connected. */
  readonly uid: number;
}

/** Reads who is at the other end of a connected Unix socket; undefined when the system does not say. */
export type ReadPeer = (descriptor: number) => PeerProcess | undefined;

// Of Linux, the same on every architecture that Node runs on.
const solSocket = 1;
const soPeercred = 17;
/** struct ucred: pid, uid and gid, 32 bits each. */
const ucredInts = 3;

/**
 * How to read the other end of Unix sockets, 2 µs each; undefined where this platform has no way that is implemented:
 * anything but Linux, and Linux without koffi. No file in /proc tells both ends of a socket.
 */
export async function peerReader(platform: string = process.platform): Promise<ReadPeer | undefined> {
  if (platform !== "linux") return undefined;
  const koffi = await loadKoffi();
  return koffi === undefined ? undefined : readerOf(koffi);
}

function readerOf(koffi: Koffi): ReadPeer | undefined {
  let getsockopt: (...args: unknown[]) => unknown;
  try {
    getsockopt = koffi.load(null).func("int getsockopt(int, int, int, _Out_ int32_t *, _Inout_ uint32_t *)");
  } catch {
    return undefined;
  }
  return (descriptor) => {
    const credentials = new Int32Array(ucredInts);
    const size = new Uint32Array([credentials.byteLength]);
    if (getsockopt(descriptor, solSocket, soPeercred, credentials, size) !== 0) return undefined;
    if (size[0] !== credentials.byteLength) return undefined;
    return { pid: credentials[0]!, uid: credentials[1]! >>> 0 };
  };
}
