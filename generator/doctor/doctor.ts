// `crucible-gen doctor`: looks at everything, changes nothing.
import type { DoctorPlace, Finding } from "./finding.js";
import { checkSockets, checkState, checkTemporary } from "./machine.js";
import { checkBubblewrap, checkCgroups, checkPackages } from "./optional.js";
import { checkBuf, checkLibraries, checkNode, checkProtoc, checkTypeScript } from "./tools.js";

/** Every finding: what is needed first, what is optional last. */
export async function examine(place: DoctorPlace): Promise<Finding[]> {
  const [buf, protoc, bubblewrap] = await Promise.all([checkBuf(place), checkProtoc(place), checkBubblewrap(place)]);
  place.signal.throwIfAborted();
  return [
    checkNode(place),
    buf,
    checkTypeScript(place),
    ...checkLibraries(place),
    ...checkTemporary(place),
    checkSockets(place),
    checkState(place),
    protoc,
    ...checkPackages(place),
    bubblewrap,
    checkCgroups(place),
  ];
}
