/** The answer of a reply that shows its reasoning in `<think>` tags. */
import { SPACE } from "./python-text.ts";

const END = "</think>";
const isSpace = new RegExp(`[${SPACE}]`, "u");

/** The text after the last `</think>`, without `<answer>` tags; all of it where reasoning never ended. Source: olmo-eval, extract/reasoning.py, `extract_think_answer`. */
export function stripThinking(text: string): string {
  const end = text.lastIndexOf(END);
  return withoutClosing(withoutOpening(end < 0 ? text : text.slice(end + END.length)));
}

/** As {@link stripThinking}, but empty where reasoning never ended. Source: olmo-eval, extract/reasoning.py, `extract_think_answer_only`. */
export function thinkAnswerOnly(text: string): string {
  return text.includes(END) ? stripThinking(text) : "";
}

/** `re.sub("(?ms)^\\s*<answer>\\s*", "", text)`, in linear time: the pattern itself is quadratic on blank lines. */
function withoutOpening(text: string): string {
  const tag = "<answer>";
  let kept = "";
  let from = 0;
  for (let at = text.indexOf(tag); at >= 0; at = text.indexOf(tag, at + tag.length)) {
    let start = at;
    while (start > from && isSpace.test(text.charAt(start - 1))) start -= 1;
    // the match begins at the first line start within the run of white space before the tag.
    if (start > 0 && text[start - 1] !== "\n") {
      const newline = text.slice(start, at).indexOf("\n");
      if (newline < 0) continue;
      start += newline + 1;
    }
    kept += text.slice(from, start);
    from = at + tag.length;
    while (from < text.length && isSpace.test(text.charAt(from))) from += 1;
  }
  return kept + text.slice(from);
}

/** `re.sub("(?ms)</answer>\\s*$", "", text)`, in linear time. */
function withoutClosing(text: string): string {
  const tag = "</answer>";
  let kept = "";
  let from = 0;
  for (let at = text.indexOf(tag); at >= 0; at = text.indexOf(tag, at + tag.length)) {
    const afterTag = at + tag.length;
    let end = afterTag;
    while (end < text.length && isSpace.test(text.charAt(end))) end += 1;
    // the match ends at the last line end within the run of white space after the tag.
    if (end < text.length) {
      const newline = text.slice(afterTag, end).lastIndexOf("\n");
      if (newline < 0) continue;
      end = afterTag + newline;
    }
    kept += text.slice(from, at);
    from = end;
  }
  return kept + text.slice(from);
}
