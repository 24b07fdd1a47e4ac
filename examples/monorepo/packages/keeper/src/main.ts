import { createDaemon } from "crucible-runtime/daemon";
import { lightUp } from "./keeper.js";

await using daemon = await createDaemon({ name: "keeper" });
const lamp = await lightUp(daemon);

console.log(`facing ${(await lamp.turn({ degrees: 45 })).facing}`);
for await (const { facing } of lamp.sweep({ stops: 4 })) console.log(facing);
