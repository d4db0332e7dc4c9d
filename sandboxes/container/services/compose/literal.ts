/** A text of a compose file: what compose would fill in from the host is refused, as a file must be the same for all who run it. */
import { z } from "../../../../src/index.ts";

/** What there is in their place. */
export const NO_VARIABLES = "variables of the host reach the agent alone, by the task's sandbox.secrets, and no service";

/** `$$` is a dollar sign, as in compose; any other `$` would be filled in. */
export const literal = z
  .string()
  .regex(/^[^\0]*$/, "cannot hold a NUL character")
  .transform((text, context) => {
    const filledIn = /\$(?!\$)(\{[^}]*\}?|\w*)/.exec(text.replaceAll("$$", ""));
    if (!filledIn) return text.replaceAll("$$", "$");
    const message = `has ${filledIn[0]}, which compose would fill in: ${NO_VARIABLES}; write $$ for a dollar sign`;
    context.issues.push({ code: "custom", message, input: text });
    return z.NEVER;
  });
