// IP addresses as protovalidate reads them: dotted decimal, RFC 4291 with zones of RFC 4007, prefixes behind a slash.
import { digit, hex, isAt, skip } from "./characters.js";

const colonCode = 58;

// What the last readAddress found. Formats are checked synchronously, so one place serves all.
const groups = new Uint16Array(8);
let groupCount = 0;
/** How many groups stand before `::`, -1 without one. */
let gap = -1;
let endsDotted = false;

/** Whether `text`, from `start` to `end`, is an IPv4 address such as `192.0.2.1`. */
export function isIpv4(text: string, start: number = 0, end: number = text.length): boolean {
  return readIpv4(text, start) === end;
}

/** Whether `text`, from `start` to `end`, is an IPv6 address such as `2001:db8::1` or `fe80::1%eth0`. */
export function isIpv6(text: string, start: number = 0, end: number = text.length): boolean {
  const after = readIpv6(text, start, end);
  return after === end || (after >= 0 && !endsDotted && text[after] === "%" && after + 1 < end);
}

/** Whether text is an IPv4 or an IPv6 address. */
export function isIp(text: string): boolean {
  return isIpv4(text) || isIpv6(text);
}

/** Whether text is an IPv4 address with a prefix length, such as `192.0.2.1/24`. */
export function isIpv4WithPrefixLength(text: string): boolean {
  return readPrefixLength(text, readIpv4(text, 0), 32) >= 0;
}

/** Whether text is an IPv6 address with a prefix length, such as `2001:db8::1/32`. */
export function isIpv6WithPrefixLength(text: string): boolean {
  return readPrefixLength(text, readIpv6(text, 0, text.length), 128) >= 0;
}

/** Whether text is an IP address of either version with a prefix length. */
export function isIpWithPrefixLength(text: string): boolean {
  return isIpv4WithPrefixLength(text) || isIpv6WithPrefixLength(text);
}

/** Whether text is an IPv4 network such as `192.0.2.0/24`: no bits are set behind the prefix. */
export function isIpv4Prefix(text: string): boolean {
  const length = readPrefixLength(text, readIpv4(text, 0), 32);
  return length >= 0 && isZeroFrom(length, 2);
}

/** Whether text is an IPv6 network such as `2001:db8::/32`: no bits are set behind the prefix. */
export function isIpv6Prefix(text: string): boolean {
  const length = readPrefixLength(text, readIpv6(text, 0, text.length), 128);
  if (length < 0) return false;
  // More than eight groups, which a dotted end lets through, count as the address zero.
  if (groupCount > 8) return true;
  if (gap >= 0) {
    const missing = 8 - groupCount;
    groups.copyWithin(gap + missing, gap, groupCount);
    groups.fill(0, gap, gap + missing);
  }
  return isZeroFrom(length, 8);
}

/** Whether text is an IP network of either version. */
export function isIpPrefix(text: string): boolean {
  return isIpv4Prefix(text) || isIpv6Prefix(text);
}

/** Reads a dotted address into two groups. Returns the index behind it, -1 when there is none. */
function readIpv4(text: string, start: number): number {
  groupCount = 0;
  return readDotted(text, start);
}

/** Adds a dotted address to the groups. Returns the index behind it, -1 when there is none. */
function readDotted(text: string, start: number): number {
  let i = start;
  let bits = 0;
  for (let octet = 0; octet < 4; octet++) {
    if (octet > 0 && text[i++] !== ".") return -1;
    const value = readNumber(text, i, 3);
    if (value < 0 || value > 255) return -1;
    bits = (bits << 8) | value;
    i = skip(text, i, digit);
  }
  addGroup(bits >>> 16);
  addGroup(bits & 0xffff);
  return i;
}

/** More groups than an address has are counted, not kept. */
function addGroup(value: number): void {
  if (groupCount < groups.length) groups[groupCount] = value;
  groupCount++;
}

/** Reads an address without its zone into the groups. Returns the index behind it, -1 when there is none. */
function readIpv6(text: string, start: number, end: number): number {
  groupCount = 0;
  gap = -1;
  endsDotted = false;
  let i = start;
  while (i < end) {
    // The last 32 bits may be dotted, as in `::ffff:192.0.2.1`.
    if ((gap >= 0 || groupCount === 6) && looksDotted(text, i)) {
      endsDotted = true;
      return readDotted(text, i);
    }
    const after = Math.min(skip(text, i, hex), end);
    if (after > i) {
      if (after - i > 4) return -1;
      addGroup(Number.parseInt(text.slice(i, after), 16));
      i = after;
    } else if (text.charCodeAt(i) !== colonCode) {
      break;
    } else if (text.charCodeAt(i + 1) === colonCode && i + 1 < end) {
      if (gap >= 0 || (text.charCodeAt(i + 2) === colonCode && i + 2 < end)) return -1;
      gap = groupCount;
      i += 2;
    } else {
      // A single colon stands between groups only.
      if (i === start || i + 1 === end) return -1;
      i++;
    }
  }
  return (gap >= 0 ? groupCount < 8 : groupCount === 8) ? i : -1;
}

/** Whether at least seven digits and dots stand here, the least that a dotted address takes. */
function looksDotted(text: string, start: number): boolean {
  let i = start;
  while (i < start + 7 && (text[i] === "." || isAt(text, i, digit))) i++;
  return i === start + 7;
}

/** Reads `/` and a number up to `max` that ends the text. Returns the number, -1 when there is none. */
function readPrefixLength(text: string, slash: number, max: number): number {
  if (slash < 0 || text[slash] !== "/" || skip(text, slash + 1, digit) < text.length) return -1;
  const length = readNumber(text, slash + 1, 3);
  return length <= max ? length : -1;
}

/** The number at `start`, -1 when there is none, when it has more digits than allowed, or a leading zero. */
function readNumber(text: string, start: number, maxDigits: number): number {
  let value = 0;
  let i = start;
  for (; isAt(text, i, digit); i++) {
    if (i - start === maxDigits || (i > start && value === 0)) return -1;
    value = value * 10 + text.charCodeAt(i) - 48;
  }
  return i === start ? -1 : value;
}

/** Whether all bits of the first `count` groups are zero from bit `length` on. */
function isZeroFrom(length: number, count: number): boolean {
  for (let i = 0; i < count; i++) {
    const kept = Math.min(Math.max(length - 16 * i, 0), 16);
    if ((groups[i]! & (0xffff >>> kept)) !== 0) return false;
  }
  return true;
}
