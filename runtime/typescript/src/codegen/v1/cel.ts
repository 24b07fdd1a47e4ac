/** The door of generated validators with a rule that @bufbuild/cel has to run; apart, because it looks for that package. */
export { celRule } from "../../validate/cel/rule.js";
