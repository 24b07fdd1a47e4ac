/** How templates are compiled: nothing is escaped, a missing value is an error, helpers are `each` and `if` only. */
export const compileOptions = {
  noEscape: true,
  strict: true,
  knownHelpersOnly: true,
  preventIndent: true,
} as const;
