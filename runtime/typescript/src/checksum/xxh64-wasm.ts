// Made by runtime/typescript/scripts/xxh64-module.ts; do not edit.
// To make it again: npx vitest run -u test/unit/checksum

/** Where the digest is left, little-endian, 8 bytes. */
export const digestOffset = 0;
/** Where the bytes to be hashed are put. */
export const windowOffset = 64;
/** How many bytes the window takes. */
export const windowBytes = 0x10000;

/** The module, in base64. What it exports is described where it is made. */
export const xxh64Module: string =
  "AGFzbQEAAAABCwJgAn98AGACf3wAAwMCAAEFBAEBAgIHGgMEaGFzaAAABmFic29yYgABBm1lbW9yeQIACp0JAtcGCAF/AX8BfwF+AX4BfgF+AX5B" +
  "wAAhAiAAQcAAaiEEIAGxQiBTBEBCxc/ZsvHluuonIQUFIAEgALhhBEBC1uuC7ur9ifXgACEGQs/W077Sx6vZQiEHQgAhCEL56tDQ58mh5OEAIQkF" +
  "QQApAAghBkEAKQAQIQdBACkAGCEIQQApACAhCQsgBEEgayEDIAIgA00EQANAIAYgAikAAELP1tO+0ser2UJ+fEIfiUKHla+vmLbem55/fiEGIAcg" +
  "AikACELP1tO+0ser2UJ+fEIfiUKHla+vmLbem55/fiEHIAggAikAEELP1tO+0ser2UJ+fEIfiUKHla+vmLbem55/fiEIIAkgAikAGELP1tO+0ser" +
  "2UJ+fEIfiUKHla+vmLbem55/fiEJIAJBIGohAiACIANNDQALCyAGQgGJIAdCB4l8IAhCDIkgCUISiXx8IQUgBSAGQs/W077Sx6vZQn5CH4lCh5Wv" +
  "r5i23puef36FQoeVr6+Ytt6bnn9+QuPcypX8zvL1hX98IQUgBSAHQs/W077Sx6vZQn5CH4lCh5Wvr5i23puef36FQoeVr6+Ytt6bnn9+QuPcypX8" +
  "zvL1hX98IQUgBSAIQs/W077Sx6vZQn5CH4lCh5Wvr5i23puef36FQoeVr6+Ytt6bnn9+QuPcypX8zvL1hX98IQUgBSAJQs/W077Sx6vZQn5CH4lC" +
  "h5Wvr5i23puef36FQoeVr6+Ytt6bnn9+QuPcypX8zvL1hX98IQULIAUgAbF8IQUgBCACa0EITwRAA0AgBSACKQAAQs/W077Sx6vZQn5CH4lCh5Wv" +
  "r5i23puef36FQhuJQoeVr6+Ytt6bnn9+QuPcypX8zvL1hX98IQUgAkEIaiECIAQgAmtBCE8NAAsLIAQgAmtBBE8EQCAFIAI1AABCh5Wvr5i23pue" +
  "f36FQheJQs/W077Sx6vZQn5C+fPd8Zn2masWfCEFIAJBBGohAgsgBCACa0EBTwRAA0AgBSACMQAAQsXP2bLx5brqJ36FQguJQoeVr6+Ytt6bnn9+" +
  "IQUgAkEBaiECIAQgAmtBAU8NAAsLIAUgBUIhiIVCz9bTvtLHq9lCfiEFIAUgBUIdiIVC+fPd8Zn2masWfiEFIAUgBUIgiIUhBUEAIAU3AAALwQII" +
  "AX8BfwF/AX4BfgF+AX4BfkHAACECIABBwABqIQQgAUQAAAAAAAAAAGEEQELW64Lu6v2J9eAAIQZCz9bTvtLHq9lCIQdCACEIQvnq0NDnyaHk4QAh" +
  "CQVBACkACCEGQQApABAhB0EAKQAYIQhBACkAICEJCyAEQSBrIQMgAiADTQRAA0AgBiACKQAAQs/W077Sx6vZQn58Qh+JQoeVr6+Ytt6bnn9+IQYg" +
  "ByACKQAIQs/W077Sx6vZQn58Qh+JQoeVr6+Ytt6bnn9+IQcgCCACKQAQQs/W077Sx6vZQn58Qh+JQoeVr6+Ytt6bnn9+IQggCSACKQAYQs/W077S" +
  "x6vZQn58Qh+JQoeVr6+Ytt6bnn9+IQkgAkEgaiECIAIgA00NAAsLQQAgBjcACEEAIAc3ABBBACAINwAYQQAgCTcAIAs=";
