import { readUint32, writeUint32 } from "../bytes/big-endian.js";
import { compressBlock, decompressBlock, maxExpansion } from "../compress/lz4.js";
import { CrucibleError } from "../error/index.js";
import { optionInvalid } from "../error/options.js";
import { shown } from "../error/text.js";
import type { FrameWriter } from "../frame/frame-writer.js";
import type { Connection } from "../transport/transport.js";
import type { Encryption } from "./encryption.js";
import { maxFragmentBytes } from "./limits.js";

/**
 * What a side compresses of what it sends, where the other side can read it:
 * - `auto`: over TCP what is worth it, on local sockets nothing; everywhere what methods ask for;
 * - `adaptive`: what is worth it, also on local sockets;
 * - `off`: nothing, whatever methods ask for, and the other side neither.
 */
export type CompressionPolicy = "auto" | "adaptive" | "off";

/** What a schema says of a method: the numbers of `crucible.options.v1.Compression`. */
export type AskedCompression = 0 | 1 | 2;
const never = 1;
const always = 2;

/** What compression has to know of a method. */
export interface Compressible {
  readonly sensitive: boolean;
  /** Default: 0, as the session. */
  readonly compression?: AskedCompression;
}

/** What a session compresses: nothing, since nobody agreed on it; what methods ask for; or what is worth it as well. */
export type SessionCompression = "off" | "asked" | "adaptive";

/** The feature that COMPRESSED needs. */
export const lz4Feature = "lz4";
/** Bytes before a block: the uncompressed length. */
const prefixBytes = 4;
/** A payload below this is not worth a try; where a method asks for it, one below that. */
const worthBytes = 1_024;
const leastBytes = 64;
/** A try that saves less than an eighth was not worth it. */
const worthShare = 7 / 8;
/** After tries in vain so many frames are let pass, twice as many each time. */
const mostSkipped = 256;

/** @throws CrucibleError OPTION_INVALID unless `value` is a policy. */
export function checkCompression(value: CompressionPolicy): CompressionPolicy {
  if (value === "auto" || value === "adaptive" || value === "off") return value;
  throw optionInvalid(`compression is ${shown(value)}; it is "auto", "adaptive" or "off"`);
}

/** What a session compresses, by the policy of this side and what both have agreed on. */
export function sessionCompression(
  policy: CompressionPolicy,
  features: readonly string[],
  protection: Connection["protection"],
  encryption: Encryption,
): SessionCompression {
  if (!features.includes(lz4Feature)) return "off";
  // The lengths of what is sealed must tell nothing: only a method can say that its own may.
  if (encryption === "everything") return "asked";
  return policy === "adaptive" || protection === "tls" ? "adaptive" : "asked";
}

const scratch = new Uint8Array(maxFragmentBytes + prefixBytes);

/** Compresses payloads that are about to be sent, and learns whether it pays. */
export class Shrinker {
  readonly #always: boolean;
  /** How many payloads are let pass, and how many will be after the next try in vain. */
  #skip = 0;
  #nextSkip = 1;

  constructor(always: boolean) {
    this.#always = always;
  }

  /**
   * Compresses the payload `[start, end)` of the frame that `writer` is at, where that pays. Returns the end of the payload
   * as it is to be sent.
   */
  shrink(writer: FrameWriter, start: number, end: number): number {
    const size = end - start;
    if (size < (this.#always ? leastBytes : worthBytes) || size > maxFragmentBytes) return end;
    if (this.#skip > 0) {
      this.#skip--;
      return end;
    }
    const { arena } = writer;
    const limit = this.#always ? size - 1 : Math.floor(size * worthShare);
    const blockEnd = compressBlock(arena, start, end, scratch, prefixBytes, limit);
    if (blockEnd < 0) {
      if (!this.#always) {
        this.#skip = this.#nextSkip;
        this.#nextSkip = Math.min(2 * this.#nextSkip, mostSkipped);
      }
      return end;
    }
    this.#nextSkip = 1;
    writeUint32(scratch, 0, size);
    arena.set(scratch.subarray(0, blockEnd), start);
    writer.markCompressed();
    return start + blockEnd;
  }
}

/** What a session compresses of which method. */
export class Shrinkers {
  readonly #compression: SessionCompression;
  #byMethod: Map<Compressible, Shrinker> | undefined;

  constructor(compression: SessionCompression) {
    this.#compression = compression;
  }

  /** What compresses the messages of a method, or of events as `events`; undefined when nothing does. */
  of(method: Compressible): Shrinker | undefined {
    if (this.#compression === "off") return undefined;
    const asked = method.compression;
    if (method.sensitive || asked === never) return undefined;
    if (asked !== always && this.#compression !== "adaptive") return undefined;
    const byMethod = (this.#byMethod ??= new Map<Compressible, Shrinker>());
    let shrinker = byMethod.get(method);
    if (shrinker === undefined) {
      shrinker = new Shrinker(asked === always);
      byMethod.set(method, shrinker);
    }
    return shrinker;
  }
}

/**
 * The payload that the COMPRESSED one `bytes[start, end)` yields, in memory of its own. What it announces is checked before
 * memory is spent on it. Throws FRAME_TOO_LARGE and BAD_COMPRESSION.
 */
export function inflate(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const block = end - start - prefixBytes;
  if (block < 1) throw new CrucibleError("BAD_COMPRESSION", "a COMPRESSED frame has no room for a block");
  const announced = readUint32(bytes, start);
  if (announced > maxFragmentBytes) {
    throw new CrucibleError(
      "FRAME_TOO_LARGE",
      `a COMPRESSED frame announces ${announced} bytes, ${maxFragmentBytes} are allowed; send fragments`,
    );
  }
  if (announced === 0 || announced > maxExpansion * block) {
    throw new CrucibleError("BAD_COMPRESSION", `a block of ${block} bytes cannot yield the ${announced} it announces`);
  }
  const whole = new Uint8Array(announced);
  if (decompressBlock(bytes, start + prefixBytes, end, whole)) return whole;
  throw new CrucibleError("BAD_COMPRESSION", `a COMPRESSED frame does not yield the ${announced} bytes it announces`);
}
