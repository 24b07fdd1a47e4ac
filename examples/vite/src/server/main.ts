// Launches the plugin and serves the page: npm start, or PORT=3000 npm start.
import { once } from "node:events";
import { createDaemon } from "crucible-runtime/daemon";
import { launchGuestbook } from "./launch.js";
import { createWebServer } from "./server.js";

await using daemon = await createDaemon({ name: "guestbook" });
const server = createWebServer(await launchGuestbook(daemon), "dist/web");
server.listen(Number(process.env["PORT"] ?? 8080), "127.0.0.1");
await once(server, "listening");
const address = server.address();
const port = typeof address === "object" ? address?.port : undefined;
console.log(`the guest book is at http://127.0.0.1:${port}; Ctrl-C ends it`);
await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
server.close();
server.closeAllConnections();
