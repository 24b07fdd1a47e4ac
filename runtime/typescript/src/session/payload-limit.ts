import { CrucibleError } from "../error/index.js";
import { FrameType } from "../frame/frame.js";
import { sealedExtraBytes } from "../frame/sealed-run.js";
import { maxControlBytes, type SessionLimits } from "./limits.js";

/** How many bytes of payload a frame may have in an open session, by its type. Throws BAD_PHASE when it has no place there. */
export function payloadLimit(type: number, side: "plugin" | "daemon", limits: SessionLimits): number {
  switch (type) {
    case FrameType.Request:
    case FrameType.Response:
    case FrameType.Stream:
    case FrameType.Event:
      return limits.maxFrameBytes;
    case FrameType.Sealed:
      return limits.maxFrameBytes + sealedExtraBytes;
    case FrameType.Handshake:
    case FrameType.PluginRegister:
      throw new CrucibleError("BAD_PHASE", "handshake frame in an open session; open a new connection instead");
    case FrameType.PluginUnregister:
    case FrameType.CapabilityQuery:
    case FrameType.ResourceRequest:
    case FrameType.MetricsReport:
      if (side === "plugin") {
        throw new CrucibleError(
          "BAD_PHASE",
          `frame of type 0x${type.toString(16)} towards a plugin; only plugins send it`,
        );
      }
      return maxControlBytes;
    default:
      return maxControlBytes;
  }
}
