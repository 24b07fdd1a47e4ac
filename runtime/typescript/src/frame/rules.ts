import { CrucibleError } from "../error/index.js";
import { Flag, FrameType } from "./frame.js";

/** Optional parts of the frame that a session has agreed on. */
export interface FrameFeatures {
  /** Everything travels in Sealed frames. */
  readonly sealed: boolean;
  /** Data frames may be COMPRESSED. */
  readonly compressed: boolean;
  /** Bodies may lie in shared memory. */
  readonly handoff: boolean;
}

/** Critical flags that a frame of each type may carry; 0xff where there is no such type. */
export type FlagTable = Uint8Array;

const unknown = 0xff;
const data = Flag.Encrypted | Flag.More;

const basic: readonly (readonly [type: FrameType, flags: number])[] = [
  [FrameType.Handshake, 0],
  [FrameType.Heartbeat, Flag.Encrypted],
  [FrameType.Request, data | Flag.EndStream | Flag.Retry],
  [FrameType.Response, data | Flag.EndStream],
  [FrameType.Event, data | Flag.Retry | Flag.AckRequired],
  [FrameType.Error, Flag.Encrypted | Flag.EndStream],
  [FrameType.Shutdown, Flag.Encrypted],
  [FrameType.PluginRegister, data],
  [FrameType.PluginUnregister, Flag.Encrypted],
  [FrameType.CapabilityQuery, Flag.Encrypted],
  [FrameType.ResourceRequest, Flag.Encrypted],
  [FrameType.HealthCheck, Flag.Encrypted],
  [FrameType.MetricsReport, Flag.Encrypted],
  [FrameType.Stream, data | Flag.EndStream],
  [FrameType.Cancel, Flag.Encrypted],
  [FrameType.Credit, Flag.Encrypted],
  [FrameType.Ack, Flag.Encrypted],
];
/** Frames that carry bodies of calls. */
const ofCalls: readonly number[] = [FrameType.Request, FrameType.Response, FrameType.Stream];
const compressible: readonly number[] = [...ofCalls, FrameType.Event];

/** By features, made once: ten thousand connections share four of them. */
const tables: Record<string, FlagTable> = {};

/** The table of a connection on which these features were agreed. Nobody changes it. */
export function flagTable(features: FrameFeatures): FlagTable {
  return (tables[`outer ${features.sealed} ${features.compressed} ${features.handoff}`] ??= makeTable(features));
}

function makeTable({ sealed, compressed, handoff }: FrameFeatures): FlagTable {
  const table = new Uint8Array(256).fill(unknown);
  for (const [type, flags] of basic) table[type] = flags;
  if (compressed) for (const type of compressible) table[type]! |= Flag.Compressed;
  if (handoff) for (const type of ofCalls) table[type]! |= Flag.Handoff;
  if (sealed) table[FrameType.Sealed] = Flag.Encrypted;
  return table;
}

/** The same for frames inside a Sealed one, none of which is sealed itself. */
export function innerFlagTable(features: FrameFeatures): FlagTable {
  return (tables[`inner ${features.compressed} ${features.handoff}`] ??= makeTable({ ...features, sealed: false }).map(
    (flags) => (flags === unknown ? flags : flags & ~Flag.Encrypted),
  ));
}

/** The table before anything has been agreed on. */
export const plainFlags: FlagTable = flagTable({ sealed: false, compressed: false, handoff: false });

const hex = (value: number, digits: number): string => `0x${value.toString(16).padStart(digits, "0")}`;

/** Refuses an unknown type, a critical flag that is unknown or that the type cannot carry, and flags that exclude each other. */
export function checkTypeAndFlags(type: number, flags: number, table: FlagTable): void {
  const critical = flags & 0xff;
  if ((critical & 0x80) !== 0) throw badFlags(type, flags);
  const allowed = table[type]!;
  if (allowed === unknown) {
    throw new CrucibleError(
      "BAD_TYPE",
      `frame has type ${hex(type, 2)}, which was not agreed on or is unknown here; upgrade this side to read it`,
    );
  }
  const ending = critical & (Flag.More | Flag.EndStream);
  if (
    (critical & ~allowed) !== 0 ||
    ending === (Flag.More | Flag.EndStream) ||
    (ending === 0 && (type === FrameType.Response || type === FrameType.Error)) ||
    (critical & sealing) === sealing ||
    ((critical & Flag.Handoff) !== 0 && (critical & notHandedOff) !== 0) ||
    (type === FrameType.Sealed && critical === 0)
  ) {
    throw badFlags(type, flags);
  }
}

/** What is sealed by itself is never compressed: its length would tell what is in it. */
const sealing = Flag.Encrypted | Flag.Compressed;

/** What lies in shared memory is whole, and neither sealed nor compressed. */
const notHandedOff = Flag.More | Flag.Encrypted | Flag.Compressed;

function badFlags(type: number, flags: number): CrucibleError {
  return new CrucibleError("BAD_FLAGS", `frame of type ${hex(type, 2)} cannot carry flags ${hex(flags, 4)}`);
}
