/** Makes a text safe to show to a judge, and to the people who read what it was shown: nothing hidden, nothing that a chat template would obey. */

/** Control characters but line end and tab, whatever has no shape of its own, line separators, annotations, halves of characters. */
// oxlint-disable-next-line no-control-regex
const HIDDEN = /[\0-\x08\x0b-\x1f\x7f-\x9f\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}\p{Cs}\ufff9-\ufffb]/gu;
/** Looked for first, since it takes much less time: most texts have none. */
const UNUSUAL = /[^\t\n -~]/;

/** Scripts whose letters a joiner or non-joiner may connect, and emoji, which joiners and variation selectors make up. */
const JOINING =
  /[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Mongolian}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gujarati}\p{Script=Gurmukhi}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Oriya}\p{Script=Sinhala}\p{Script=Tamil}\p{Script=Telugu}]/u;
const JOINED_EMOJI = /[\p{Extended_Pictographic}\p{Emoji_Modifier}]\ufe0f?$/u;
const SELECTED_EMOJI = /[\p{Extended_Pictographic}0-9#*]$/u;

/** Whether a joiner or selector belongs to what is written around it. */
function belongs(character: string, index: number, whole: string): boolean {
  if (character !== "\ufe0f" && character !== "\u200c" && character !== "\u200d") return false;
  const [before, after] = [whole.slice(Math.max(0, index - 3), index), whole.slice(index + 1, index + 3)];
  if (character === "\ufe0f") return SELECTED_EMOJI.test(before);
  if (JOINING.test([...before].at(-1) ?? "") && JOINING.test([...after][0] ?? "")) return true;
  return character === "\u200d" && JOINED_EMOJI.test(before) && /^\p{Extended_Pictographic}/u.test(after);
}

function replaceHidden(text: string, replacement: (character: string) => string): string {
  if (!UNUSUAL.test(text)) return text;
  return text
    .replaceAll("\r\n", "\n")
    .replaceAll(HIDDEN, (character, index: number, whole: string) =>
      belongs(character, index, whole) ? character : replacement(character),
    );
}

/** Tokens by which chat templates tell who speaks: ChatML and its kin, Llama 2 and Mistral, Gemma, DeepSeek. */
const ROLE_TOKENS = [
  /<([|｜]\/?[\p{L}\p{N}_▁ :.-]{1,64}[|｜])>/gu,
  /<(\/?(?:s|bos|eos|start_of_turn|end_of_turn|think|tool_call|tool_response))>/giu,
  /\[(\/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS))\]/giu,
  /<<(\/?SYS)>>/giu,
] as const;
/** Turns written out, as older templates do. */
const TURNS = /^([ \t]*)(human|user|assistant|system|### ?(?:human|user|assistant|system|instruction|response))(?=:)/gimu;

/**
 * Shows hidden characters by their code (`⟨U+202E⟩`) and puts role tokens into angle brackets of another kind (`⟨|im_start|⟩`, `⟨Human⟩:`).
 * Applied again it changes nothing.
 */
export function neutralise(text: string): string {
  const shown = replaceHidden(text, shownByCode);
  return ROLE_TOKENS.reduce((result, token) => result.replaceAll(token, "⟨$1⟩"), shown).replaceAll(TURNS, "$1⟨$2⟩");
}

/** A text as its letters read, without what is hidden in it. */
export function withoutHidden(text: string): string {
  return replaceHidden(text, () => "");
}

/** Whether a text speaks in the tokens of a chat template. */
export function hasRoleTokens(text: string): boolean {
  return ROLE_TOKENS.some((token) => text.search(token) !== -1);
}

function shownByCode(character: string): string {
  return `⟨U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}⟩`;
}
