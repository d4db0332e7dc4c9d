/** Who labels where nobody is named. */
import { userInfo } from "node:os";

/** The user's name on this machine; containers may run under a number that has none. */
export function labellerHere(): string {
  try {
    return userInfo().username;
  } catch {
    return "someone";
  }
}
