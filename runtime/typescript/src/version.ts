/** Version of this runtime, as its package.json has it; what both hellos state. */
export const productVersion = "0.1.0";
