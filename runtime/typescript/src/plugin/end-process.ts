import type { Clock } from "../clock/clock.js";

/** How long a process without a session may take to end by itself. The protocol gives it a second in all. */
const exitDelayMs = 500;

/**
 * Lets the process end: by itself as soon as nothing keeps it alive, else after half a second. Exit code `code`, unless
 * the program has set another.
 */
export function endProcess(clock: Clock, code: number): void {
  process.exitCode ??= code;
  clock.after(exitDelayMs, () => process.exit());
}

/**
 * Lets output that nobody reads be lost. The daemon reads it; when the daemon has gone, a handler that prints while it
 * cleans up would otherwise end the process there and then.
 */
export function ignoreBrokenOutput(): void {
  process.stdout.on("error", ignore);
  process.stderr.on("error", ignore);
}

function ignore(): void {}
