/** A text of a compose file: what compose would fill in from the host is refused, as nothing of the host gets into a sandbox. */
import { z } from "../../../../src/index.ts";

/** `$$` is a dollar sign, as in compose; any other `$` would be filled in. */
export const literal = z
  .string()
  .regex(/^[^\0]*$/, "cannot hold a NUL character")
  .transform((text, context) => {
    const filledIn = /\$(?!\$)(\{[^}]*\}?|\w*)/.exec(text.replaceAll("$$", ""));
    if (!filledIn) return text.replaceAll("$$", "$");
    const message = `has ${filledIn[0]}, which compose would fill in: no variable of the host gets into a sandbox; write $$ for a dollar sign`;
    context.issues.push({ code: "custom", message, input: text });
    return z.NEVER;
  });
