import { CrucibleError } from "../../error/index.js";

/** What is told to whoever meets the end of a session or of a connection; `started` is whether a call of theirs may have. */
export function tellOf(cause: CrucibleError): (started: boolean) => CrucibleError {
  return (started) => {
    if (cause.reason === "SHUTTING_DOWN" || cause.reason === "PEER_LOST") {
      return new CrucibleError(cause.reason, cause.message, { started, cause });
    }
    return new CrucibleError("SESSION_CLOSED", `the session has ended: ${cause.message}`, { started, cause });
  };
}

/** What new calls are told while a session has no connection. */
export function withoutConnection(cause: CrucibleError | undefined): () => CrucibleError {
  return () => {
    const text = "the session has no connection and waits for one; call again";
    return new CrucibleError("PEER_LOST", text, { started: false, cause });
  };
}
