// The program that protovalidate-conformance starts for each suite: hands the request to the test that waits at the
// socket, and the answer back. So the test answers from the sources, with what it has learnt kept from suite to suite.
import { connect } from "node:net";

const socket = connect({ path: process.argv[2], allowHalfOpen: true });
process.stdin.pipe(socket);
socket.pipe(process.stdout);
