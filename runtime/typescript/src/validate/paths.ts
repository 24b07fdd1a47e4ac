// The paths of a google.protobuf.FieldMask against those that a schema names.

/** Whether the paths are the named ones, in their order. */
export function equalsPaths(paths: readonly string[], named: readonly string[]): boolean {
  return paths.length === named.length && paths.every((path, i) => path === named[i]);
}

/** Whether each path is one of the named ones, or leads further into one. */
export function isWithinPaths(paths: readonly string[], named: readonly string[]): boolean {
  return paths.every((path) => leadsInto(path, named));
}

/** Whether any path is one of the named ones, or leads further into one. */
export function touchesPaths(paths: readonly string[], named: readonly string[]): boolean {
  return paths.some((path) => leadsInto(path, named));
}

function leadsInto(path: string, named: readonly string[]): boolean {
  for (const name of named) {
    if (path.startsWith(name) && (path.length === name.length || path[name.length] === ".")) return true;
  }
  return false;
}
