/** Makes a text safe to show to a judge, and to the people who read what it was shown: nothing hidden, nothing that a chat template would obey. */

/** Where joiners and variation selectors belong to what is written: emoji, and scripts whose letters join. */
const JOINING =
  "[\\p{Script=Arabic}\\p{Script=Syriac}\\p{Script=Mongolian}\\p{Script=Devanagari}\\p{Script=Bengali}\\p{Script=Gujarati}\\p{Script=Gurmukhi}\\p{Script=Kannada}\\p{Script=Malayalam}\\p{Script=Oriya}\\p{Script=Sinhala}\\p{Script=Tamil}\\p{Script=Telugu}]";
const EMOJI = "[\\p{Extended_Pictographic}\\p{Emoji_Modifier}]\\ufe0f?";

/** Control characters but line end and tab, whatever has no shape of its own, line separators, annotations, halves of characters. */
const HIDDEN = new RegExp(
  `(?!(?<=${JOINING})[\\u200c\\u200d](?=${JOINING})|(?<=${EMOJI})\\u200d(?=\\p{Extended_Pictographic})|(?<=[\\p{Extended_Pictographic}0-9#*])\\ufe0f)` +
    `[\\0-\\x08\\x0b-\\x1f\\x7f-\\x9f\\p{Default_Ignorable_Code_Point}\\p{Zl}\\p{Zp}\\p{Cs}\\ufff9-\\ufffb]`,
  "gu",
);

/** Most texts are plain, and one look tells: the search for what is hidden tries several things at every character. */
const PLAIN = /^[\t\n\x20-\x7e]*$/;

/** Tokens by which chat templates tell who speaks: ChatML and its kin, Llama 2 and Mistral, Gemma, DeepSeek. */
const ROLE_TOKENS = [
  /<([|｜]\/?[\p{L}\p{N}_▁ :.-]{1,64}[|｜])>/gu,
  /<(\/?(?:s|bos|eos|start_of_turn|end_of_turn|think|tool_call|tool_response))>/giu,
  /\[(\/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS))\]/giu,
  /<<(\/?SYS)>>/giu,
] as const;
/** Turns written out, as older templates do. */
const TURNS = /^([ \t]*)((?:### ?)?(?:human|user|assistant|system|instruction|response))(?=:)/gimu;

/**
 * Shows hidden characters by their code (`⟨U+202E⟩`) and puts role tokens into angle brackets of another kind (`⟨|im_start|⟩`, `⟨Human⟩:`).
 * Applied again it changes nothing.
 */
export function neutralise(text: string): string {
  const shown = PLAIN.test(text) ? text : text.replaceAll("\r\n", "\n").replaceAll(HIDDEN, shownByCode);
  return ROLE_TOKENS.reduce((result, token) => result.replaceAll(token, "⟨$1⟩"), shown).replaceAll(TURNS, "$1⟨$2⟩");
}

/** Whether a text has characters that hide something: {@link neutralise} shows them. */
export function hasHidden(text: string): boolean {
  return !PLAIN.test(text) && text.search(HIDDEN) !== -1;
}

/** A text as its letters read, without what is hidden in it. */
export function withoutHidden(text: string): string {
  return text.replaceAll("\r\n", "\n").replaceAll(HIDDEN, "");
}

/** Whether a text speaks in the tokens of a chat template. */
export function hasRoleTokens(text: string): boolean {
  return [...ROLE_TOKENS, TURNS].some((token) => text.search(token) !== -1);
}

function shownByCode(character: string): string {
  return `⟨U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}⟩`;
}
