import { expect } from "vitest";
import type { Receiver } from "../../runtime/typescript/src/transport/transport.js";

/** A receiver that remembers what it was told, and checks that it is told lawfully. */
export class Recorder implements Receiver {
  readonly chunks: Uint8Array[] = [];
  receivedBytes = 0;
  drains = 0;
  closes = 0;
  error: Error | undefined;
  /** Set while a method of the connection runs: nobody may be told anything then. */
  forbidden = false;
  onChunk: (chunk: Uint8Array) => void = () => {};
  onDrained: () => void = () => {};
  readonly #waiters = new Set<() => void>();

  onBytes(chunk: Uint8Array): void {
    this.#lawful();
    expect(chunk.length).toBeGreaterThan(0);
    this.chunks.push(chunk);
    this.receivedBytes += chunk.length;
    this.onChunk(chunk);
    this.#changed();
  }

  onDrain(): void {
    this.#lawful();
    this.drains++;
    this.onDrained();
    this.#changed();
  }

  onClose(error?: Error): void {
    this.#lawful();
    this.closes++;
    this.error = error;
    this.#changed();
  }

  /** Everything received, as one. */
  bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }

  /** Resolves once `condition` holds; it is looked at after each event. */
  until(condition: (recorder: this) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!condition(this)) return;
        this.#waiters.delete(look);
        resolve();
      };
      this.#waiters.add(look);
      look();
    });
  }

  closed(): Promise<void> {
    return this.until(() => this.closes > 0);
  }

  /** Runs `action`, a call of the connection, during which nothing may be told. */
  quietly<T>(action: () => T): T {
    this.forbidden = true;
    try {
      return action();
    } finally {
      this.forbidden = false;
    }
  }

  #lawful(): void {
    expect(this.forbidden, "told from inside a call of the connection").toBe(false);
    expect(this.closes, "told something after onClose").toBe(0);
  }

  #changed(): void {
    for (const look of this.#waiters) look();
  }
}

/** Bytes that look random and are the same in every run. */
export function noise(length: number, seed: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let state = (seed * 2654435761) | 1;
  for (let i = 0; i < length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state >>> 11;
  }
  return bytes;
}
