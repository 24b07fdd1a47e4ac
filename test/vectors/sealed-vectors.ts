/** Builds golden/vectors/sealed.json: Sealed frames with the run in each, or the reason for which they are refused. */
import { encodeFrameTwin, type TwinFrame } from "../twin/frame-twin.js";
import { body, exampleRequest, exampleResponse, frame, hex, message, text, unary } from "./frame-examples.js";
import { exampleKey, sealFrame, sealRun } from "./frame-seals.js";

/** What a daemon receives as the first Sealed frame of a session of policy `everything`, under `key` with n = 0. */
export interface SealedRunVector {
  readonly name: string;
  readonly hex: string;
  /** The frames in it: each its header and its payload. */
  readonly frames: readonly string[];
}

export interface SealedVectors {
  readonly about: string;
  readonly key: string;
  readonly valid: readonly SealedRunVector[];
  readonly invalid: readonly { readonly name: string; readonly hex: string; readonly reason: string }[];
}

const second: TwinFrame = { ...exampleRequest, messageId: 43n };
const first: TwinFrame = { ...exampleRequest, messageId: 45n };
const credit = frame(0x22, 0, 41n, message([1, { fixed32: 40_176 }]));

const runs: readonly (readonly [name: string, run: readonly TwinFrame[]])[] = [
  ["one frame", [second]],
  ["two requests and a credit", [second, first, credit]],
  ["a frame without a payload", [frame(0x20, 0x08, 41n, message())]],
  ["an error of the connection", [frame(0x06, 0x08, 0n, message([3, { text: "BAD_CREDIT" }]))]],
];

const refusals: readonly (readonly [name: string, reason: string, run: readonly TwinFrame[], cut?: number])[] = [
  ["a run without a frame", "BAD_ENVELOPE", []],
  ["a run that ends in a header", "BAD_ENVELOPE", [credit, second], unary.length + 1],
  ["a run that ends in a payload", "BAD_ENVELOPE", [credit, second], 1],
  ["a frame that is ENCRYPTED", "BAD_FLAGS", [{ ...second, flags: 0x0a }]],
  ["a Sealed frame in a Sealed frame", "BAD_TYPE", [frame(0x24, 0x02, 0n, text("sealed"))]],
  ["a Handshake", "BAD_PHASE", [frame(0x01, 0, 0n, body)]],
  ["a frame of another session", "BAD_SESSION", [{ ...second, sessionId: second.sessionId ^ 1n }]],
  ["a frame with an id that is not its sender's", "BAD_MESSAGE_ID", [exampleResponse]],
];

/** All vectors, the same whenever and wherever they are built. */
export function buildSealedVectors(): SealedVectors {
  const outer: SealedVectors["invalid"] = [
    {
      name: "a Sealed frame with a message id",
      reason: "BAD_MESSAGE_ID",
      hex: hex(sealFrame(exampleKey, 0n, frame(0x24, 0, 43n, encodeFrameTwin(second).subarray(0, -8)))),
    },
    {
      name: "a control frame above its limit",
      reason: "FRAME_TOO_LARGE",
      hex: hex(
        sealFrame(exampleKey, 0n, frame(0x24, 0, 0n, encodeFrameTwin(credit, { length: 65_537 }).subarray(0, -8))),
      ),
    },
    {
      name: "a Sealed frame that is not ENCRYPTED",
      reason: "BAD_FLAGS",
      hex: hex(encodeFrameTwin(frame(0x24, 0, 0n, text("clear")))),
    },
    { name: "a frame in clear", reason: "SEAL_REQUIRED", hex: hex(encodeFrameTwin(second)) },
    {
      name: "a frame that is ENCRYPTED by itself",
      reason: "SEAL_REQUIRED",
      hex: hex(sealFrame(exampleKey, 0n, second)),
    },
    { name: "a Sealed frame under another counter", reason: "BAD_SEAL", hex: hex(sealRun(exampleKey, 1n, [second])) },
  ];
  return {
    about:
      "What a daemon receives as the first ENCRYPTED frame of its direction, in a session of policy everything: see the daemon of frames.json. Made by test/vectors/make-frames.mjs.",
    key: hex(exampleKey),
    valid: runs.map(([name, run]) => ({
      name,
      hex: hex(sealRun(exampleKey, 0n, run)),
      frames: run.map((sent) => hex(encodeFrameTwin(sent).subarray(0, -8))),
    })),
    invalid: [
      ...refusals.map(([name, reason, run, cut]) => ({ name, reason, hex: hex(sealRun(exampleKey, 0n, run, cut)) })),
      ...outer,
    ],
  };
}
