/** A new event id: UUIDv7 (RFC 9562, section 5.7), 16 bytes, from Unix time in milliseconds. */
export function createEventId(unixMs: number): Uint8Array {
  const id = crypto.getRandomValues(new Uint8Array(16));
  let rest = Math.floor(unixMs);
  for (let i = 5; i >= 0; i--) {
    id[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  id[6] = (id[6]! & 0x0f) | 0x70;
  id[8] = (id[8]! & 0x3f) | 0x80;
  return id;
}
