import { wireId } from "../../generator/model/wire-id.js";

/** Names of a method of each service that have one wire id; some 2^16 names on each side hold such a pair. */
export function collidingMethods(serviceA: string, serviceB: string): [inA: string, inB: string] {
  const ids = new Map<number, string>();
  for (let i = 0; i < 200_000; i++) ids.set(wireId(`${serviceA}/M${i}`), `M${i}`);
  for (let i = 0; ; i++) {
    const other = ids.get(wireId(`${serviceB}/M${i}`));
    if (other !== undefined) return [other, `M${i}`];
  }
}
