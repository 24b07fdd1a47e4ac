import { Urgency, State, type Task } from "../gen/enums/v1/level_codec.js";

const names: Partial<Record<number, string>> = { [Urgency.LOW]: "low", [Urgency.PRESSING]: "high" };

export function describe({ level, state }: Task): string {
  if (state === State.TODO) return "open";
  switch (level) {
    case Urgency.PRESSING: return "!";
    default: return names[level] ?? `${Urgency["LOW"]}`;
  }
}
export const known = { Level: Urgency };
