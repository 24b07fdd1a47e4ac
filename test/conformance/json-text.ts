/**
 * Parses JSON in which no object has two members of one name. JSON.parse takes the last of them, where protobuf's JSON wants
 * an error, and protobuf-es starts from what is parsed already.
 *
 * @throws SyntaxError
 */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  const open: Set<string>[] = [];
  // The text is valid: a string with a colon behind it is the name of a member.
  for (const [token, name] of text.matchAll(/[{}]|("(?:[^"\\]|\\.)*")(?:\s*:)?/g)) {
    if (token === "{") open.push(new Set());
    else if (token === "}") open.pop();
    else if (name !== undefined && token.endsWith(":")) {
      const names = open.at(-1);
      const member = JSON.parse(name) as string;
      if (names?.has(member) === true) throw new SyntaxError(`two members are named ${name}`);
      names?.add(member);
    }
  }
  return value;
}
