import { CrucibleError } from "../../error/index.js";
import { type Koffi, requireKoffi } from "../../transport/node/native.js";

/** The calls of Linux that memory is shared by. Those that return a number return -1 when they fail. */
export interface LinuxMemory {
  memfdCreate(name: string, flags: number): number;
  ftruncate(descriptor: number, bytes: number): number;
  fcntl(descriptor: number, command: number, argument: number): number;
  /** `address` is 0 for any; returns where, or undefined when it fails. */
  mmap(address: bigint, bytes: number, protection: number, flags: number, descriptor: number): bigint | undefined;
  munmap(address: bigint, bytes: number): number;
  madvise(address: bigint, bytes: number, advice: number): number;
  /** An ArrayBuffer over memory; it neither owns it nor keeps it there. */
  view(address: bigint, bytes: number): ArrayBuffer;
  /** Of the call before. */
  errno(): number;
}

/** What mmap returns when it fails: -1. */
const mapFailed = 0xffff_ffff_ffff_ffffn;

let loaded: LinuxMemory | undefined;

/**
 * Loads koffi when it is first asked for, at once: it is needed in the midst of a message, and takes some milliseconds that
 * a program without large messages should not pay.
 *
 * @throws CrucibleError HANDOFF_UNAVAILABLE naming the package, or the platform.
 */
export function loadLinuxMemory(): LinuxMemory {
  return (loaded ??= load());
}

function load(): LinuxMemory {
  if (process.platform !== "linux") {
    throw new CrucibleError("HANDOFF_UNAVAILABLE", `memory is shared on Linux only, not on ${process.platform}`);
  }
  // Its node:fs knows only files that it has opened itself.
  if (process.versions["deno"] !== undefined) {
    throw new CrucibleError("HANDOFF_UNAVAILABLE", "memory is not shared under Deno; leave handoff at auto");
  }
  let koffi: Koffi;
  try {
    koffi = requireKoffi();
  } catch (error) {
    throw new CrucibleError(
      "HANDOFF_UNAVAILABLE",
      "koffi cannot be loaded, and shared memory needs it: install it (npm install koffi), or leave handoff at auto",
      { cause: error },
    );
  }
  const library = koffi.load(null);
  const bind = <Call>(declaration: string): Call => library.func(declaration) as Call;
  const fcntl = bind<(...values: unknown[]) => number>("int fcntl(int fd, int command, ...)");
  const mmap = bind<(...values: unknown[]) => number | bigint>(
    "uintptr_t mmap(uintptr_t address, size_t length, int protection, int flags, int fd, int64_t offset)",
  );
  return {
    memfdCreate: bind("int memfd_create(const char *name, unsigned int flags)"),
    ftruncate: bind("int ftruncate(int fd, int64_t length)"),
    fcntl: (descriptor, command, argument) => fcntl(descriptor, command, "int", argument),
    mmap: (address, bytes, protection, flags, descriptor) => {
      const mapped = BigInt(mmap(address, bytes, protection, flags, descriptor, 0));
      return mapped === mapFailed ? undefined : mapped;
    },
    munmap: bind("int munmap(uintptr_t address, size_t length)"),
    madvise: bind("int madvise(uintptr_t address, size_t length, int advice)"),
    view: (address, bytes) => koffi.view(address, bytes),
    errno: () => koffi.errno(),
  };
}
