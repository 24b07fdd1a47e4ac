export { Category, categoryName, Code, codeName } from "./category.js";
export { CrucibleError, type ErrorDetail, type ErrorOptions } from "./crucible-error.js";
export { type Reason, reasons } from "./reasons.js";
