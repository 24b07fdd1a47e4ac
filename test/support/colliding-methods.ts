import { wireId } from "../../generator/model/wire-id.js";

/** Names of a method of each service that have one wire id; some 100,000 names on each side hold such a pair. */
export function collidingMethods(serviceA: string, serviceB: string): [inA: string, inB: string] {
  const ofA = new Map<number, string>();
  const ofB = new Map<number, string>();
  for (let i = 0; ; i++) {
    // Names that count up collide rarely: what they differ in is too alike for a hash as simple as this one.
    const name = `M${(Math.imul(i, 0x9e3779b1) >>> 0).toString(36)}`;
    const a = wireId(`${serviceA}/${name}`);
    const b = wireId(`${serviceB}/${name}`);
    ofA.set(a, name);
    ofB.set(b, name);
    const inB = ofB.get(a);
    if (inB !== undefined) return [name, inB];
    const inA = ofA.get(b);
    if (inA !== undefined) return [inA, name];
  }
}
