import { digit, emailMark, hyphen, isAt, letter, skip } from "./characters.js";
import { isIpv4, isIpv6 } from "./ip.js";

const alphanumeric = digit | letter;

/**
 * Whether text is an email address as the HTML standard has it for `<input type=email>`: stricter than RFC 5322, and
 * without quotes, comments or non-ASCII characters.
 */
export function isEmail(text: string): boolean {
  const local = skip(text, 0, alphanumeric | emailMark);
  if (local === 0 || text[local] !== "@") return false;
  for (let i = local + 1; ; i++) {
    i = labelEnd(text, i, text.length);
    if (i < 0) return false;
    if (i === text.length) return true;
    if (text[i] !== ".") return false;
  }
}

/**
 * Whether `text`, from `start` to `end`, is a host name: labels of up to 63 letters, digits and inner hyphens, joined by
 * dots, at most 253 characters, the last label not all digits; one dot may stand at its end.
 */
export function isHostname(text: string, start: number = 0, end: number = text.length): boolean {
  if (end - start > 253) return false;
  const last = end > start && text[end - 1] === "." ? end - 1 : end;
  for (let label = start; ;) {
    const after = labelEnd(text, label, last);
    if (after < 0) return false;
    if (after === last) return skip(text, label, digit) < last;
    if (text[after] !== ".") return false;
    label = after + 1;
  }
}

/** Whether text is a host name or an IP address. */
export function isAddress(text: string): boolean {
  return isHostname(text) || isIpv4(text) || isIpv6(text);
}

/** Whether text is a host and a port: `name:1`, `192.0.2.1:1` or `[::1]:1`. */
export function isHostAndPort(text: string): boolean {
  const port = text.lastIndexOf(":");
  if (port < 0 || !isPort(text, port + 1)) return false;
  if (text.startsWith("[")) return text[port - 1] === "]" && isIpv6(text, 1, port - 1);
  return isHostname(text, 0, port) || isIpv4(text, 0, port);
}

/** The end of the label that begins at `start`, -1 when there is none that fits before `end`. */
function labelEnd(text: string, start: number, end: number): number {
  const after = Math.min(skip(text, start, alphanumeric | hyphen), end);
  if (after === start || after - start > 63) return -1;
  return isAt(text, start, hyphen) || isAt(text, after - 1, hyphen) ? -1 : after;
}

function isPort(text: string, start: number): boolean {
  const length = text.length - start;
  if (length === 0 || length > 5 || skip(text, start, digit) < text.length) return false;
  if (length > 1 && text[start] === "0") return false;
  return Number(text.slice(start)) <= 65535;
}
