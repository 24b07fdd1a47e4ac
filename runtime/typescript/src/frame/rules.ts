import { CrucibleError } from "../error/index.js";
import { Flag, FrameType } from "./frame.js";

/** Critical flags each type may carry; a type that is not listed does not exist, or its feature was not agreed on. */
const allowedFlags = new Uint8Array(256).fill(0xff);

const data = Flag.Encrypted | Flag.More;
for (const [type, flags] of [
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
] as const) {
  allowedFlags[type] = flags;
}

const hex = (value: number, digits: number): string => `0x${value.toString(16).padStart(digits, "0")}`;

/** Refuses an unknown type, a critical flag that is unknown or that the type cannot carry, and flags that exclude each other. */
export function checkTypeAndFlags(type: number, flags: number): void {
  const critical = flags & 0xff;
  if ((critical & 0x80) !== 0) throw badFlags(type, flags);
  const allowed = allowedFlags[type]!;
  if (allowed === 0xff) {
    throw new CrucibleError(
      "BAD_TYPE",
      `frame has type ${hex(type, 2)}, which this side does not know; upgrade it to read it`,
    );
  }
  const ending = critical & (Flag.More | Flag.EndStream);
  if (
    (critical & ~allowed) !== 0 ||
    ending === (Flag.More | Flag.EndStream) ||
    (ending === 0 && (type === FrameType.Response || type === FrameType.Error))
  ) {
    throw badFlags(type, flags);
  }
}

function badFlags(type: number, flags: number): CrucibleError {
  return new CrucibleError("BAD_FLAGS", `frame of type ${hex(type, 2)} cannot carry flags ${hex(flags, 4)}`);
}
