/** What a vault may cost. Whatever lies in it, reading it ends, and the report says what was left out. */
export interface VaultLimits {
  /** Larger files are left out, in bytes. */
  readonly maxNoteBytes: number;
  /** All notes together, in bytes. */
  readonly maxVaultBytes: number;
  readonly maxNotes: number;
  /** Files and folders looked at, Markdown or not. */
  readonly maxEntries: number;
  /** Folders within folders. */
  readonly maxDepth: number;
}

export const defaultVaultLimits: VaultLimits = {
  maxNoteBytes: 1_048_576,
  maxVaultBytes: 268_435_456,
  maxNotes: 50_000,
  maxEntries: 1_000_000,
  maxDepth: 64,
};
