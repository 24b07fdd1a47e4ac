// Which way messages travel: a change of a message matters to those who read it.
import type { MessageModel, ServiceModel } from "../model/model.js";
import { breaksNothing, type Bump, eitherMix, type Mixes, mixesOf, type Side } from "./change.js";

/** One way in which a message travels: as part of what a side is asked, or of what it answers. */
export interface Carriage {
  readonly host: Side;
  readonly part: "request" | "response";
}

/** Who carries a message. */
export interface Carriers {
  /** By full name; empty for a message that no service carries. */
  of(fullName: string): readonly Carriage[];
}

/** Follows the messages of services into their fields. */
export function findCarriers(services: readonly ServiceModel[]): Carriers {
  const found = new Map<string, Map<string, Carriage>>();
  const visit = (message: MessageModel, carriage: Carriage): void => {
    const pending = [message];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      let own = found.get(next.fullName);
      if (own === undefined) found.set(next.fullName, (own = new Map()));
      const key = `${carriage.host} ${carriage.part}`;
      if (own.has(key)) continue;
      own.set(key, carriage);
      for (const { type } of next.fields) if (type.kind === "message") pending.push(type.message);
    }
  };
  for (const service of services) {
    for (const method of service.methods) {
      visit(method.request, { host: service.host, part: "request" });
      visit(method.response, { host: service.host, part: "response" });
    }
  }
  return { of: (fullName) => [...(found.get(fullName)?.values() ?? [])] };
}

/** What a change of a message means at run time. */
export interface Effect {
  readonly breaks: Mixes;
  readonly bump: Bump;
}

/**
 * What breaks when readers and writers of a message differ.
 *
 * @param whose `old` when what old writers send is refused by new readers, `new` for the other way round.
 */
export function refusalEffect(carriages: readonly Carriage[], whose: "old" | "new"): Effect {
  let breaks = breaksNothing;
  let bump: Bump = "patch";
  for (const { host, part } of carriages) {
    // The caller writes requests, the host writes responses.
    const oldCallerNewHost = (part === "request") === (whose === "old");
    breaks = eitherMix(breaks, mixesOf(host, { oldCallerNewHost, newCallerOldHost: !oldCallerNewHost }));
    // Hosts are updated first as a rule: what holds then is no break of the contract.
    bump = oldCallerNewHost ? "major" : bump === "major" ? bump : "minor";
  }
  return { breaks, bump };
}

/** What breaks when old and new do not understand each other's messages, whichever way they go. */
export function misreadingEffect(carriages: readonly Carriage[]): Effect {
  const breaks = carriages.reduce<Mixes>(
    (sum, { host }) => eitherMix(sum, mixesOf(host, { oldCallerNewHost: true, newCallerOldHost: true })),
    breaksNothing,
  );
  return { breaks, bump: "major" };
}
