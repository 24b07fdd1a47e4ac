import type { Clock } from "../clock/clock.js";
import { checkNumber, type Names, optionInvalid, readOptions } from "../error/options.js";
import { shown } from "../error/text.js";

/** When a supervised plugin is started again. */
export interface RestartOptions {
  /**
   * `on-failure`: whenever it has not ended in order, and when starting it again fails; `never`: not at all. Default:
   * `on-failure`.
   */
  readonly policy?: "on-failure" | "never";
  /**
   * The pause before the first restart, in milliseconds: 1 to 3,600,000. It doubles with each further one within `windowMs`;
   * half of it is random, so that many plugins that lost the same thing do not come back at once. Default: 200.
   */
  readonly firstDelayMs?: number;
  /** The longest pause, in milliseconds: 1 to 3,600,000. Default: 30,000. */
  readonly maxDelayMs?: number;
  /** Restarts within `windowMs`; who fails once more is given up: 1 to 1,000. Default: 5. */
  readonly maxRestarts?: number;
  /** How long a restart counts, in milliseconds: 1 to 86,400,000. Default: 60,000. */
  readonly windowMs?: number;
}

/** The same, complete. */
export type RestartRules = Required<RestartOptions>;

const defaults: RestartRules = {
  policy: "on-failure",
  firstDelayMs: 200,
  maxDelayMs: 30_000,
  maxRestarts: 5,
  windowMs: 60_000,
};

const names: Names<RestartOptions> = {
  policy: true,
  firstDelayMs: true,
  maxDelayMs: true,
  maxRestarts: true,
  windowMs: true,
};

/** @throws CrucibleError OPTION_INVALID. */
export function resolveRestart(given: RestartOptions = {}): RestartRules {
  const options = readOptions("restart", given, names);
  const { policy = defaults.policy } = options;
  if (policy !== "on-failure" && policy !== "never") {
    throw optionInvalid(`restart.policy is ${shown(policy)}; it is "on-failure" or "never"`);
  }
  const number = (name: Exclude<keyof RestartRules, "policy">, most: number): number =>
    checkNumber(`restart.${name}`, options[name] ?? defaults[name], 1, most);
  return {
    policy,
    firstDelayMs: number("firstDelayMs", 3_600_000),
    maxDelayMs: number("maxDelayMs", 3_600_000),
    maxRestarts: number("maxRestarts", 1_000),
    windowMs: number("windowMs", 86_400_000),
  };
}

/** Restarts that a plugin has left; those that are long ago do not count. */
export class RestartBudget {
  readonly #rules: RestartRules;
  readonly #clock: Clock;
  readonly #random: () => number;
  /** When restarts were taken, on the monotonic clock. */
  #taken: number[] = [];

  constructor(rules: RestartRules, clock: Clock, random: () => number = Math.random) {
    this.#rules = rules;
    this.#clock = clock;
    this.#random = random;
  }

  /** Restarts that count now. */
  get taken(): number {
    const now = this.#clock.monotonicMs();
    this.#taken = this.#taken.filter((atMs) => now - atMs < this.#rules.windowMs);
    return this.#taken.length;
  }

  /** Takes one and returns the pause before it, in whole milliseconds; undefined when none is left. */
  take(): number | undefined {
    const { policy, firstDelayMs, maxDelayMs, maxRestarts } = this.#rules;
    const { taken } = this;
    if (policy === "never" || taken >= maxRestarts) return undefined;
    this.#taken.push(this.#clock.monotonicMs());
    const most = Math.min(maxDelayMs, firstDelayMs * 2 ** taken);
    return Math.ceil((most / 2) * (1 + this.#random()));
  }
}
