import type { Lane } from "../lane.js";

/**
 * By which connection a small call travels: the one on which the fewest calls move much, of several such the eldest, since
 * what leaves together costs less. `lanes` has one at least.
 */
export function smallLane(lanes: readonly Lane[]): Lane {
  let best = lanes[0]!;
  for (const lane of lanes) if (lane.large < best.large) best = lane;
  return best;
}

/** By which one a large call travels: not by that of the small ones, if there is another, and where the least is moved. */
export function bulkLane(lanes: readonly Lane[]): Lane {
  const small = smallLane(lanes);
  let best: Lane | undefined;
  for (const lane of lanes) {
    if (lane !== small && (best === undefined || isLess(lane, best))) best = lane;
  }
  return best ?? small;
}

function isLess(one: Lane, other: Lane): boolean {
  return one.large === other.large ? one.liveCalls < other.liveCalls : one.large < other.large;
}
