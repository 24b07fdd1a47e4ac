import { Level, State, type Task } from "../gen/enums/v1/level_codec.js";

const names: Partial<Record<number, string>> = { [Level.LOW]: "low", [Level.HIGH]: "high" };

export function describe({ level, state }: Task): string {
  if (state === State.OPEN) return "open";
  switch (level) {
    case Level.HIGH: return "!";
    default: return names[level] ?? `${Level["LOW"]}`;
  }
}
export const known = { Level };
