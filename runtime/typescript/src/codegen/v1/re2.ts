/** The door of generated validators with a pattern that @bufbuild/re2 has to run; apart, because it looks for that package. */
export { Re2 } from "../../validate/re2.js";
