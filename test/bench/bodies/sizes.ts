/** The largest body that is sent as one message. */
export const largestMessage = 268_435_456;
/** Of a larger one, each message of the stream that carries it. */
export const pieceBytes = 1_048_576;
