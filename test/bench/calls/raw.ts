import { connect as connectSocket, createServer } from "node:net";
import type { Peer } from "./workload.js";

/** A request of ours on the wire: 44 bytes of frame, and what is in it. */
export const requestBytes = 76;
/** The response to it. */
export const responseBytes = 108;

/**
 * Sockets with nothing on them: so many bytes there, so many back, nothing encoded, checked or promised. It is the floor,
 * either with a write for each message, or `batched`: one write for all that is due, which no protocol can beat.
 */
export function raw(batched: boolean): Peer {
  return {
    serve(path) {
      const one = Buffer.alloc(responseBytes, 1);
      const many = Buffer.alloc(responseBytes * 1024, 1);
      const server = createServer((socket) => {
        let got = 0;
        socket.on("error", () => {});
        socket.on("data", (chunk) => {
          got += chunk.length;
          let due = Math.floor(got / requestBytes);
          got -= due * requestBytes;
          if (!batched) {
            while (due-- > 0) socket.write(one);
            return;
          }
          for (; due > 0; due -= 1024) socket.write(many.subarray(0, Math.min(due, 1024) * responseBytes));
        });
      });
      return new Promise((resolve) => {
        server.listen(path, resolve);
      });
    },
    async connect(path) {
      const socket = connectSocket(path);
      await new Promise((resolve) => {
        socket.once("connect", resolve);
      });
      let onAnswers: (count: number) => void = () => {};
      let got = 0;
      socket.on("data", (chunk) => {
        got += chunk.length;
        const answers = Math.floor(got / responseBytes);
        got -= answers * responseBytes;
        if (answers > 0) onAnswers(answers);
      });
      const one = Buffer.alloc(requestBytes, 1);
      const many = Buffer.alloc(requestBytes * 1024, 1);
      const send = (count: number): void => {
        if (batched) socket.write(many.subarray(0, count * requestBytes));
        else for (let i = 0; i < count; i++) socket.write(one);
      };
      return {
        throughput: (inFlight, ms) =>
          new Promise((resolve) => {
            const start = performance.now();
            let done = 0;
            let live = inFlight;
            onAnswers = (count) => {
              done += count;
              live -= count;
              if (performance.now() < start + ms) {
                live += count;
                send(count);
              } else if (live === 0) {
                resolve((done / (performance.now() - start)) * 1000);
              }
            };
            send(inFlight);
          }),
        latencies: (ms) =>
          new Promise((resolve) => {
            const samples = new Float64Array(1_000_000);
            let count = 0;
            let before = performance.now();
            const end = before + ms;
            onAnswers = () => {
              const now = performance.now();
              samples[count++] = (now - before) * 1000;
              if (now >= end || count === samples.length) {
                resolve(samples.subarray(0, count));
                return;
              }
              before = performance.now();
              send(1);
            };
            send(1);
          }),
        async close() {
          socket.destroy();
        },
      };
    },
  };
}
