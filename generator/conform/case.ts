import type { Behaviour, Session } from "./wire/session.js";

/** What a case gets to work with. */
export interface CaseHost {
  /** A plugin with an open session, which other cases have used and will use. */
  session(): Promise<Session>;
  /** A plugin of this case alone; it ends with the case. */
  open(behaviour?: Behaviour): Promise<Session>;
}

/** One thing that PROTOCOL.md demands of a plugin. */
export interface ConformanceCase {
  /** `room/what`, unique. */
  readonly name: string;
  /** What is demanded, as a sentence without its subject: `answers a Heartbeat with its nonce`. */
  readonly demands: string;
  /** Where PROTOCOL.md says so, such as `§16`. */
  readonly section: string;
  /** Nobody can use the session afterwards. */
  readonly ends?: true;
  /** @throws Nonconformance with what was wrong. */
  run(host: CaseHost): Promise<void>;
}
