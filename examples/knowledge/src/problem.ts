/** Something that the user has to put right: told in one line, without a stack. */
export class Problem extends Error {
  override readonly name: string = "Problem";
}

/** What a system call failed with, such as `ENOENT`. */
export function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException | null)?.code ?? "unknown error";
}
