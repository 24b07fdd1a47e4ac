import { closeSync } from "node:fs";
import type { ArenaPair } from "../arena/arena.js";
import { DescriptorReader, DescriptorWriter } from "../arena/node/descriptor-arena.js";
import { loadLinuxMemory } from "../arena/node/linux-memory.js";
import { memoryFileBytes } from "../arena/node/memfd.js";
import { CrucibleError } from "../error/index.js";
import type { LogSink } from "../observe/log.js";
import type { ResolvedHandoff } from "../session/handoff/options.js";
import type { Ticket } from "./ticket.js";

/**
 * The memory that a ticket names, unless it is not to be used, or whoever has started this process for the daemon has not
 * passed it on.
 *
 * @throws CrucibleError HANDOFF_UNAVAILABLE when it must be used and cannot.
 */
export function takeArenas({ arenas }: Ticket, { use }: ResolvedHandoff, log: LogSink): ArenaPair | undefined {
  if (use === "on") loadLinuxMemory();
  const incomingBytes = arenas && memoryFileBytes(arenas.incoming);
  const outgoingBytes = arenas && memoryFileBytes(arenas.outgoing);
  if (arenas === undefined || incomingBytes === undefined || outgoingBytes === undefined) {
    if (use !== "on") return undefined;
    const text = "handoff is on, and the daemon shares no memory; install koffi beside it, or leave handoff at auto";
    throw new CrucibleError("HANDOFF_UNAVAILABLE", text);
  }
  if (use === "off") {
    closeSync(arenas.incoming);
    closeSync(arenas.outgoing);
    return undefined;
  }
  const onUnmapped = (error: unknown): void => {
    const fact = error instanceof Error ? error.message : String(error);
    log({ level: "info", reason: "HANDOFF_UNAVAILABLE", message: `shared memory is read as a file: ${fact}` });
  };
  return {
    incoming: new DescriptorReader(arenas.incoming, incomingBytes, onUnmapped),
    outgoing: new DescriptorWriter(arenas.outgoing, outgoingBytes, onUnmapped),
  };
}
