// Names and values of HTTP headers, strictly as RFC 7230 has them or loosely.

/** Whether text is the name of a header; that of a pseudo-header begins with a colon. */
export function isHeaderName(text: string): boolean {
  return /^:?[0-9a-zA-Z!#$%&'*+-.^_|~`]+$/.test(text);
}

/** Whether text is one line, not empty. */
export function isLooseHeaderName(text: string): boolean {
  return text !== "" && isLooseHeaderValue(text);
}

/** Whether text is the value of a header: without control characters but tabs. */
export function isHeaderValue(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for.
  return !/[\u0000-\u0008\u000a-\u001f\u007f]/.test(text);
}

/** Whether text is one line, perhaps empty. */
export function isLooseHeaderValue(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for.
  return !/[\u0000\n\r]/.test(text);
}
