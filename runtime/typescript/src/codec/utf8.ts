// UTF-8 on whatever the platform has: the natives behind Node's Buffer where they exist, else TextEncoder and
// TextDecoder. Nothing else in the codec knows which.

/** How text becomes bytes and back; `this` are the bytes. */
interface Utf8 {
  /** Writes `text` from `at` on and returns how many bytes that took: at most `most`, which has to be enough. */
  utf8Write(this: Uint8Array, text: string, at: number, most: number): number;
  /** One character for each byte; right for ASCII, unspecified for other bytes. */
  latin1Slice(this: Uint8Array, start: number, end: number): string;
  /** Text with U+FFFD for what is invalid; perhaps not in the number that the standard wants. */
  utf8Slice(this: Uint8Array, start: number, end: number): string;
  /** One character for each two bytes, the low byte first. */
  ucs2Slice(this: Uint8Array, start: number, end: number): string;
}

// A leading U+FEFF is text here, not a byte-order mark.
const lenient = new TextDecoder("utf-8", { ignoreBOM: true });
const strict = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });

/** On the encoding API that every platform has. */
function portable(): Utf8 {
  const encoder = new TextEncoder();
  const slice = (label: string): Utf8["utf8Slice"] => {
    const decoder = new TextDecoder(label, { ignoreBOM: true });
    return function (start, end) {
      return decoder.decode(this.subarray(start, end));
    };
  };
  return {
    utf8Write(text, at, most) {
      return encoder.encodeInto(text, this.subarray(at, at + most)).written;
    },
    latin1Slice: slice("latin1"),
    utf8Slice: slice("utf-8"),
    ucs2Slice: slice("utf-16le"),
  };
}

/** Node's natives take 60 to 100 ns a string where the encoding API takes 90 to 150 (Node 20). */
const platform: Utf8 = (globalThis as { Buffer?: { prototype: Utf8 } }).Buffer?.prototype ?? portable();

/**
 * A method as a function of the bytes and its arguments. V8 learns which function is called and calls a native straight away; of
 * `method.call(bytes, …)` it learns only that `call` is called, and each native takes 85 ns instead of 60 (Node 20).
 */
const uncurried = <A extends unknown[], R>(
  method: (this: Uint8Array, ...args: A) => R,
): ((bytes: Uint8Array, ...args: A) => R) => (method as Function).call.bind(method);

/** See `Utf8`. */
export const utf8Write: (bytes: Uint8Array, text: string, at: number, most: number) => number =
  /* @__PURE__ */ uncurried(platform.utf8Write);
/** See `Utf8`. */
export const latin1Slice: (bytes: Uint8Array, start: number, end: number) => string = /* @__PURE__ */ uncurried(
  platform.latin1Slice,
);
/** See `Utf8`. */
export const utf8Slice: (bytes: Uint8Array, start: number, end: number) => string = /* @__PURE__ */ uncurried(
  platform.utf8Slice,
);
/** See `Utf8`. */
export const ucs2Slice: (bytes: Uint8Array, start: number, end: number) => string = /* @__PURE__ */ uncurried(
  platform.ucs2Slice,
);

/**
 * Whether all bytes are ASCII; undefined where the platform does not tell. A thousand bytes take 72 ns, decoding them as
 * UTF-8 180 (Node 20; 53 and 155 on Node 24).
 */
export const isAscii: ((bytes: Uint8Array) => boolean) | undefined = (
  globalThis as { process?: { getBuiltinModule?(id: string): { isAscii(bytes: Uint8Array): boolean } } }
).process?.getBuiltinModule?.("buffer").isAscii;

/** Text as the encoding standard defines it, with U+FFFD for invalid bytes. */
export function decodeLenient(bytes: Uint8Array, start: number, end: number): string {
  return lenient.decode(bytes.subarray(start, end));
}

/** The text, or undefined when the bytes are not valid UTF-8. */
export function decodeStrict(bytes: Uint8Array, start: number, end: number): string | undefined {
  try {
    return strict.decode(bytes.subarray(start, end));
  } catch {
    return undefined;
  }
}

/** How many bytes `text` takes; an unpaired surrogate takes three, as U+FFFD. */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x80) continue;
    length += code < 0x800 ? 1 : 2;
    // Four bytes for two units.
    if (isPair(text, i)) i++;
  }
  return length;
}

/** Whether the units at `i` and `i + 1` are one character outside the basic plane. */
export function isPair(text: string, i: number): boolean {
  return (text.charCodeAt(i) & 0xfc00) === 0xd800 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00;
}
