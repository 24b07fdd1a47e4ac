import { nodeSuite } from "../../../runtime/typescript/src/crypto/node/node-suite.js";
import { describeCipherSuite } from "../../suites/cipher-suite.js";

describeCipherSuite("node", nodeSuite);
