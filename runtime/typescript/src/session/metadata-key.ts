/** What keys of metadata are made of. */
export const keyPattern: RegExp = /^[a-z0-9\-_.]{1,128}$/;
/** How many lawful keys are remembered. */
export const maxKnownKeys = 256;
