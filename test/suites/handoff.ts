import type { ArenaPair } from "../../runtime/typescript/src/arena/arena.js";
import { createMemoryArenas } from "../../runtime/typescript/src/arena/memory-arena.js";
import type { HandoffSetup } from "../../runtime/typescript/src/session/handoff/handoff.js";
import { createMemoryPair } from "../../runtime/typescript/src/transport/memory.js";
import { type Pairing, pairUp, type SideOptions } from "./peers.js";

/** The least that a session hands off. */
export const leastBytes = 65_536;

export function setup(arenas: ArenaPair, views: readonly string[] = []): HandoffSetup {
  return { arenas, leastBytes, views: new Set(views) };
}

export interface SharingOptions {
  readonly daemon?: SideOptions;
  readonly plugin?: SideOptions;
  /** Of each arena. Default: 4 MiB. */
  readonly arenaBytes?: number;
  /** Methods whose messages both sides view. */
  readonly views?: readonly string[];
  readonly encryption?: "sensitive" | "none";
}

/** Two peers with the echo service that share memory. */
export function pairUpSharing(options: SharingOptions = {}): Pairing & { readonly arenas: readonly ArenaPair[] } {
  const arenas = createMemoryArenas(options.arenaBytes ?? 4_194_304);
  const sides = {
    daemon: { ...options.daemon, handoff: setup(arenas[0], options.views) },
    plugin: { ...options.plugin, handoff: setup(arenas[1], options.views) },
  };
  const pairing = pairUp(sides, createMemoryPair(), { handoff: true, encryption: options.encryption ?? "sensitive" });
  return { ...pairing, arenas };
}

/** Bytes that one side has written. */
export const wireBytes = (chunks: readonly Uint8Array[]): number => chunks.reduce((sum, { length }) => sum + length, 0);
