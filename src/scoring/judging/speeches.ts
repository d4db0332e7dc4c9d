/** What texts say that speak to a judge, as patterns on lower-case text. */

/** A pattern, and words without one of which it cannot be there: those are looked for first, which takes a fraction of the time. */
interface Speech {
  word: RegExp;
  said: RegExp;
}

/** Every pattern takes time in proportion to the text: no repetition in it is followed by something that it could itself match. */
const SPEECHES: Readonly<Record<string, Speech>> = {
  "verdict-line": {
    word: /grade|verdict|score|rating|judg|decision/,
    said: /(?<![\p{L}\p{N}_])(?:grade|verdict|score|rating|judge?ment|decision)[\s*_`"'\]]{0,8}[:=][\s*_`"'$\\{[(|]{0,8}(?:[a-d]\b|[ipyn]\b|\d|correct|incorrect|partial|pass|yes|tie|perfect|excellent|harmless|full)/u,
  },
  "pair-verdict": {
    word: /\[\[|\[result/,
    said: /\[\[\s{0,4}(?:[a-c]|tie|\d{1,3}(?:\.\d+)?)\s{0,4}\]\]|\[result\]/u,
  },
  "verdict-json": {
    word: /verdict|grade|score|rating|criteria_met|correct/,
    said: /["'](?:verdict|grade|score|rating|criteria_met|is_?correct)\\?["']\s{0,4}:\s{0,4}(?:\\?["']|true|\d|\[)/u,
  },
  "ignore-instructions": {
    word: /ignore|disregard|forget|overrid|overrul|bypass|follow/,
    said: /(?<![\p{L}\p{N}_])(?:ignore|disregard|forget|override|overrule|bypass|do not follow|don['’]t follow|stop following)[\s,]{1,8}(?:(?:all|any|about|every|everything|the|your|my|these|those|of|what|that|previous|prior|above|earlier|preceding|original|system|grading|foregoing)[\s,]{1,8}){0,6}(?:instructions?|prompts?|rules?|rubrics?|guidelines?|criteri(?:a|on)|you were told)/u,
  },
  "new-instructions": {
    word: /system|grading|instruction|rubric/,
    said: /(?<![\p{L}\p{N}_])(?:system[\s-]{1,4}(?:message|note|notice|override|prompt)|(?:new|updated|revised|real|actual)[\s-]{1,4}(?:grading|system|instructions?|rubric))[\s\w-]{0,20}[:\]>]/u,
  },
  "fake-boundary": {
    word: /[<[=*#-]/,
    said: /<\/(?:submission|response|answer|reference|criterion|rubric|transcript|material|instructions)(?:-[\w.-]{1,40})?\s{0,4}>|\[(?:end|begin)[\s_-](?:of[\s_-])?(?:data|submission|answer|response|transcript)\]|[*=#-]{3,80}\s{0,4}end\s{1,4}(?:of\s{1,4})?(?:data|submission|answer|response)/u,
  },
  "addresses-judge": {
    word: /judge|grader|evaluator|assessor|scorer/,
    said: /(?<![\p{L}\p{N}_])(?:(?:dear|hey|hello|hi|attention|(?:note|message) (?:to|for))[\s,:]{1,4}(?:the |all |any )?(?:ai |llm |model |automated )?|you are (?:now )?(?:a |an |the )?(?:(?:lenient|generous|helpful|kind|different|new|strict|impartial)\s)?|as the )(?:judge|grader|evaluator|assessor|scorer)/u,
  },
  "demands-verdict": {
    word: /correct|right|perfect|full|maximum|highest|top score|grade|verdict|\[\[|pass|10/,
    said: /(?<![\p{L}\p{N}_])(?:mark|grade|score|rate|judge|evaluate|assign|award|give|output|answer|reply|respond|return|say|choose|accept|consider|treat)[\s:]{1,4}(?:(?:this|it|that|the|my|as|with|me|submission|answer|response|a|an|to|only|verdict|be|them)[\s:]{1,4}){0,5}["'`*[({]{0,6}(?:(?:correct|right|perfect)(?=["'`*.!,;]|\s{0,4}$|\s{1,4}(?:and|because|regardless|whatever|for)\b)|full (?:marks|credit|points)|(?:the )?(?:maximum|top|highest) (?:score|grade|marks)|(?:10\/10|5\/5|100%)|(?:grade|verdict):|\[\[)/u,
  },
  "claims-verdict": {
    word: /correct|right|perfect|accurate|judge|grader|examiner|professor/,
    said: /(?<![\p{L}\p{N}_])(?:(?:graded|verified|judged|validated|confirmed|marked|scored)\s{1,4}(?:as |to be )?(?:correct|right|perfect|accurate|by (?:[a-z]{1,12} ){0,3}(?:judge|grader|examiner|professor))|(?:this|the|my) (?:submission|answer|response) (?:above )?(?:is|was|should be|must be) (?:(?:fully|completely|entirely|definitely|absolutely|considered|graded|marked|judged) ){0,2}(?:correct|perfect|accurate))/u,
  },
};

/** Names of what is said in a text. */
export function speechesIn(text: string): string[] {
  const lower = text.toLowerCase();
  return Object.entries(SPEECHES)
    .filter(([, { word, said }]) => word.test(lower) && said.test(lower))
    .map(([name]) => name);
}
