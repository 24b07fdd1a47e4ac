import type { TwinFrame, TwinReceiver } from "../twin/frame-twin.js";
import {
  before,
  body,
  daemon,
  exampleRequest,
  exampleResponse,
  frame,
  message,
  methodId,
  plugin,
  registered,
  unary,
} from "./frame-examples.js";

/** A name, who receives it, and the frame. */
export type ValidFrame = readonly [name: string, at: TwinReceiver, sent: TwinFrame];

/** At least one lawful frame of each type. */
export function validFrames(): readonly ValidFrame[] {
  const many = Uint8Array.from({ length: 300 }, (_, i) => i & 0xff);
  return [
    ["unary request with a deadline", daemon, exampleRequest],
    ["unary response", plugin, exampleResponse],
    ["first handshake message", before(daemon, "NEW"), frame(0x01, 0, 0n, many.subarray(0, 32), 0n)],
    ["second handshake message", before(plugin, "MSG1"), frame(0x01, 0, 0n, many.subarray(0, 96), 0n)],
    ["third handshake message", before(daemon, "MSG2"), frame(0x01, 0, 0n, many.subarray(0, 64), 0n)],
    ["registration", before(daemon, "REGISTERING"), frame(0x10, 0x02, 0n, many.subarray(0, 40), 0n)],
    ["fragment of a registration", before(daemon, "REGISTERING"), frame(0x10, 0x06, 0n, many, 0n)],
    ["answer to a registration assigns the session id", before(plugin, "REGISTERING"), registered],
    [
      "error before the session, in clear",
      before(plugin, "MSG1"),
      frame(0x06, 0x08, 0n, message([3, { text: "HANDSHAKE_TIMEOUT" }]), 0n),
    ],
    [
      "error of the connection without a session id",
      daemon,
      frame(0x06, 0x08, 0n, message([3, { text: "BAD_SESSION" }]), 0n),
    ],
    [
      "error of a call",
      plugin,
      frame(0x06, 0x08, 7n, message([1, { varint: 5 }], [2, { varint: 12 }], [3, { text: "METHOD_UNKNOWN" }])),
    ],
    ["heartbeat", daemon, frame(0x02, 0, 43n, message([1, { fixed64: 0x1122334455667788n }]))],
    [
      "answer to a heartbeat",
      plugin,
      frame(0x04, 0x08, 41n, message([15, { bytes: message([1, { fixed64: 0x1122334455667788n }]) }])),
    ],
    ["request that opens a stream", daemon, frame(0x03, 0, 45n, message([1, { fixed32: methodId }]))],
    ["retried request with priority 3", daemon, frame(0x03, 0x0328, 47n, unary)],
    ["first fragment of a request", daemon, frame(0x03, 0x04, 49n, unary.subarray(0, 7))],
    ["last fragment of a request", daemon, frame(0x03, 0x08, 49n, unary.subarray(7))],
    ["stream message of the opener", daemon, frame(0x20, 0, 41n, message([15, { bytes: body }]))],
    ["stream message of the callee", plugin, frame(0x20, 0, 41n, message([15, { bytes: body }]))],
    ["empty message in a stream", daemon, frame(0x20, 0, 41n, message([15, { bytes: body.subarray(0, 0) }]))],
    ["half-close without a message", daemon, frame(0x20, 0x08, 41n, message())],
    ["withdrawal of every service", daemon, frame(0x11, 0, 43n, message())],
    ["capability query", daemon, frame(0x12, 0, 43n, message([1, { text: "kiln.read" }]))],
    ["resource request", daemon, frame(0x13, 0, 43n, message([1, { text: "calls" }], [2, { varint: 2048 }]))],
    ["health check by a daemon", plugin, frame(0x14, 0, 42n, message())],
    ["cancel", daemon, frame(0x21, 0, 41n, message([1, { text: "deadline" }]))],
    ["credit of a call", plugin, frame(0x22, 0, 41n, message([1, { fixed32: 40_176 }]))],
    ["credit of events", plugin, frame(0x22, 0, 0n, message([1, { fixed32: 32_800 }]))],
    [
      "event that wants an ack",
      plugin,
      frame(
        0x05,
        0x40,
        42n,
        message(
          [1, { bytes: many.subarray(0, 16) }],
          [2, { text: "notes.changed" }],
          [6, { varint: 1 }],
          [15, { bytes: body }],
        ),
      ),
    ],
    [
      "redelivered event",
      plugin,
      frame(
        0x05,
        0x60,
        44n,
        message(
          [1, { bytes: many.subarray(0, 16) }],
          [2, { text: "notes.changed" }],
          [6, { varint: 1 }],
          [15, { bytes: body }],
        ),
      ),
    ],
    ["ack", daemon, frame(0x23, 0, 0n, message([1, { bytes: Uint8Array.of(42, 44) }]))],
    [
      "shutdown",
      plugin,
      frame(0x07, 0, 0n, message([1, { text: "DAEMON_STOPPING" }], [2, { varint: 5000 }], [3, { varint: 41 }])),
    ],
    [
      "shutdown of one connection",
      daemon,
      frame(
        0x07,
        0,
        0n,
        message(
          [1, { text: "REPLACED" }],
          [2, { varint: 3_600_000 }],
          [3, { varint: Number.MAX_SAFE_INTEGER }],
          [4, { varint: 1 }],
        ),
      ),
    ],
    ["metrics report with an empty payload", daemon, frame(0x15, 0, 0n, message())],
    ["unknown flags of the high byte are ignored", daemon, frame(0x03, 0xfc08, 51n, unary)],
    ["any timestamp is lawful", daemon, { ...exampleRequest, timestamp: 2n ** 64n - 1n }],
    ["largest message id", daemon, frame(0x03, 0x08, 2n ** 53n - 1n, unary)],
    ["late stream message is well formed", daemon, frame(0x20, 0, 3n, message([15, { bytes: body }]))],
    ["payload of more than one stripe of XXH64", daemon, frame(0x20, 0, 41n, message([15, { bytes: many }]))],
  ];
}
