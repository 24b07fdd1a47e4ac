// URIs of RFC 3986 with the zones of RFC 6874, accepted and refused exactly as protovalidate does.
import {
  at,
  colon,
  digit,
  hex,
  isAt,
  letter,
  mark,
  question,
  schemeMark,
  skip,
  slash,
  subDelimiter,
} from "./characters.js";
import { isIpv6 } from "./ip.js";

const unreserved = letter | digit | mark;
const registeredName = unreserved | subDelimiter;
const userInfo = registeredName | colon;
const pathCharacter = registeredName | colon | at;
const path = pathCharacter | slash;
const query = path | question;

/** Whether text is a URI such as `https://example.com/a?b#c`: with a scheme. */
export function isUri(text: string): boolean {
  return readUri(text) < 0;
}

/** Whether text is a URI or a relative reference such as `../a?b#c`. */
export function isUriRef(text: string): boolean {
  const start = readUri(text);
  if (start < 0) return true;
  const afterPath = readHierarchy(text, start, registeredName | at);
  return afterPath >= 0 && readTail(text, afterPath) < 0;
}

/** Returns -1 when the whole text is a URI, else where a relative reference is looked for instead. */
function readUri(text: string): number {
  if (!isAt(text, 0, letter)) return 0;
  const scheme = skip(text, 1, letter | digit | schemeMark);
  if (text[scheme] !== ":") return 0;
  const afterPath = readHierarchy(text, scheme + 1, pathCharacter);
  if (afterPath < 0) return 0;
  // Not 0 where a query or fragment goes wrong: RFC 3986 would start over, protovalidate goes on from there.
  return readTail(text, afterPath);
}

/**
 * Reads authority and path.
 *
 * @param firstSegment what a path may hold before its first slash.
 * @returns the index behind, where the text ends or `?` or `#` stands; -1 when something else does.
 */
function readHierarchy(text: string, start: number, firstSegment: number): number {
  let i = start;
  if (text.startsWith("//", i)) {
    i = readAuthority(text, i + 2);
    if (i < 0) return -1;
  } else {
    i = skipEncoded(text, i, firstSegment);
  }
  if (text[i] === "/") i = skipEncoded(text, i, path);
  return isPathEnd(text, i) ? i : -1;
}

/** Reads `?query` and `#fragment`. Returns -1 when nothing is left behind them, else where the offending one begins. */
function readTail(text: string, start: number): number {
  let i = start;
  if (text[i] === "?") {
    const end = skipEncoded(text, i + 1, query);
    if (end < text.length && text[end] !== "#") return i + 1;
    i = end;
  }
  if (text[i] === "#" && skipEncoded(text, i + 1, query) < text.length) return i + 1;
  return -1;
}

/** Reads `user@host:port`. Returns the index behind, -1 when there is no authority. */
function readAuthority(text: string, start: number): number {
  const afterUser = skipEncoded(text, start, userInfo);
  const host = text[afterUser] === "@" ? afterUser + 1 : start;
  let i = text[host] === "[" ? readIpLiteral(text, host) : skipEncoded(text, host, registeredName);
  if (i < 0 || !isUtf8(text, host, i)) return -1;
  if (text[i] === ":") i = skip(text, i + 1, digit);
  return text[i] === "/" || isPathEnd(text, i) ? i : -1;
}

/** Reads `[…]` around an IPv6 address, with a zone or not, or an address of a version to come. */
function readIpLiteral(text: string, start: number): number {
  const after = skip(text, start + 1, hex | colon);
  if (isIpv6(text, start + 1, after)) {
    if (text[after] === "]") return after + 1;
    if (text.startsWith("%25", after)) {
      const zone = skipEncoded(text, after + 3, unreserved);
      if (zone > after + 3 && text[zone] === "]") return zone + 1;
    }
  }
  if (text[start + 1] !== "v") return -1;
  const version = skip(text, start + 2, hex);
  if (version === start + 2 || text[version] !== ".") return -1;
  const address = skip(text, version + 1, userInfo);
  return address > version + 1 && text[address] === "]" ? address + 1 : -1;
}

/** The index of the first character from `index` on that is neither of the classes nor part of `%` and two digits. */
function skipEncoded(text: string, index: number, wanted: number): number {
  for (;;) {
    index = skip(text, index, wanted);
    if (text[index] !== "%" || !isAt(text, index + 1, hex) || !isAt(text, index + 2, hex)) return index;
    index += 3;
  }
}

/** Whether what is percent-encoded in a host is UTF-8, as RFC 3986 demands. */
function isUtf8(text: string, start: number, end: number): boolean {
  const escape = text.indexOf("%", start);
  if (escape < 0 || escape >= end) return true;
  try {
    decodeURIComponent(text.slice(start, end));
    return true;
  } catch {
    return false;
  }
}

function isPathEnd(text: string, index: number): boolean {
  return index >= text.length || text[index] === "?" || text[index] === "#";
}
