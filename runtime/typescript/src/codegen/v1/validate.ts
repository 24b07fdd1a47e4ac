/** The door of generated validators. */
export { Automaton } from "../../validate/automaton.js";
export { containsBytes, endsWithBytes, equalsBytes, startsWithBytes, utf8Text } from "../../validate/bytes.js";
export { chosenValue, entryAt, nonNull, hasSameItems, isIn, itemAt, ownsField } from "../../validate/cel/access.js";
export { bytesToText, compareBytes, concatBytes, textToBytes } from "../../validate/cel/bytes.js";
export { bothHold, decideRule, eitherHolds, everyItem, someItem } from "../../validate/cel/fault.js";
export {
  doubleToInt,
  doubleToUint,
  isInfinite,
  isSameNumber,
  nonZero,
  textToInteger,
  toInt64,
  toUint64,
} from "../../validate/cel/number.js";
export { lowerAscii, textToBool, upperAscii } from "../../validate/cel/text.js";
export {
  compareTimes,
  dateOf,
  dayOfYear,
  durationMinus,
  durationPlus,
  millisOf,
  currentTime,
  secondsOf,
  timestampMinus,
  timestampPlus,
} from "../../validate/cel/time.js";
export { assertDepth } from "../../validate/depth.js";
export { isHeaderName, isHeaderValue, isLooseHeaderName, isLooseHeaderValue } from "../../validate/format/header.js";
export { isAddress, isEmail, isHostAndPort, isHostname } from "../../validate/format/host.js";
export { isProtobufDotFqn, isProtobufFqn, isUlid } from "../../validate/format/identifier.js";
export {
  isIp,
  isIpPrefix,
  isIpv4,
  isIpv4Prefix,
  isIpv4WithPrefixLength,
  isIpv6,
  isIpv6Prefix,
  isIpv6WithPrefixLength,
  isIpWithPrefixLength,
} from "../../validate/format/ip.js";
export { isUri, isUriRef } from "../../validate/format/uri.js";
export { isTrimmedUuid, isUuid } from "../../validate/format/uuid.js";
export { matches } from "../../validate/matching.js";
export { equalsPaths, isWithinPaths, touchesPaths } from "../../validate/paths.js";
export { entryCount, noBytes, noEntries, noItems, own, toBigInt } from "../../validate/presence.js";
export { asciiRun } from "../../validate/run.js";
export {
  codePointCount,
  isLongerInUtf8,
  isLongerThan,
  isShorterInUtf8,
  isShorterThan,
  utf8Length,
} from "../../validate/text.js";
export { compareTime, compareToNow, isNearNow } from "../../validate/time.js";
export { isUnique, isUniqueBytes } from "../../validate/unique.js";
export type { Validator, Violation } from "../../validate/validator.js";
export { entryPath, violate, within } from "../../validate/violation.js";
