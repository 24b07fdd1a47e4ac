// UTF-8 on whatever the platform has: the natives behind Node's Buffer where they exist, else TextEncoder and
// TextDecoder. Nothing else in the codec knows which.

/** How text becomes bytes and back. */
export interface Utf8 {
  /** Writes `text` from `at` on and returns how many bytes that took; the caller has made sure that it fits. */
  write(bytes: Uint8Array, text: string, at: number): number;
  /** One character for each byte; right for ASCII, unspecified for other bytes. */
  ascii(bytes: Uint8Array, start: number, end: number): string;
  /** Text with U+FFFD for what is invalid; perhaps not in the number that the standard wants. */
  decode(bytes: Uint8Array, start: number, end: number): string;
}

/** The methods of Buffer that this file uses, on any Uint8Array. */
interface BufferPrototype {
  utf8Write(this: Uint8Array, text: string, at: number, length: number): number;
  latin1Slice(this: Uint8Array, start: number, end: number): string;
  utf8Slice(this: Uint8Array, start: number, end: number): string;
}

/** On Node's natives: 60 to 100 ns a string where TextEncoder and TextDecoder need 90 to 150 (Node 20). */
function nativeUtf8(prototype: BufferPrototype): Utf8 {
  const { utf8Write, latin1Slice, utf8Slice } = prototype;
  return {
    write: (bytes, text, at) => utf8Write.call(bytes, text, at, bytes.length - at),
    ascii: (bytes, start, end) => latin1Slice.call(bytes, start, end),
    decode: (bytes, start, end) => utf8Slice.call(bytes, start, end),
  };
}

/** On the encoding API that every platform has. */
function portableUtf8(): Utf8 {
  const encoder = new TextEncoder();
  const latin1 = new TextDecoder("latin1");
  return {
    write: (bytes, text, at) => encoder.encodeInto(text, bytes.subarray(at)).written,
    ascii: (bytes, start, end) => latin1.decode(bytes.subarray(start, end)),
    decode: (bytes, start, end) => lenient.decode(bytes.subarray(start, end)),
  };
}

// A leading U+FEFF is text here, not a byte-order mark.
const lenient = new TextDecoder("utf-8", { ignoreBOM: true });
const strict = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });

const buffer = (globalThis as { Buffer?: { prototype: BufferPrototype } }).Buffer;

/** UTF-8 as this platform does it best. */
export const utf8: Utf8 = buffer === undefined ? portableUtf8() : nativeUtf8(buffer.prototype);

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
    if (code < 0x800) {
      length++;
    } else if (isPair(text, i)) {
      // Four bytes for two units.
      length += 2;
      i++;
    } else {
      length += 2;
    }
  }
  return length;
}

/** Whether the units at `i` and `i + 1` are one character outside the basic plane. */
export function isPair(text: string, i: number): boolean {
  return (text.charCodeAt(i) & 0xfc00) === 0xd800 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00;
}
