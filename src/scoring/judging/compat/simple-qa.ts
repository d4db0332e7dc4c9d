/** How two engines read a SimpleQA grader, silent defaults included. */

type SimpleQAGrade = "CORRECT" | "INCORRECT" | "NOT_ATTEMPTED";

/** "Answer: B" is CORRECT, for it begins with an A; what is nothing is INCORRECT. Source: olmo-eval, SimpleQAJudgeScorer.get_grade. */
export function simpleqaOlmo(text: string): SimpleQAGrade {
  const reply = text.trim().toUpperCase();
  if (reply.startsWith("A") || (reply.includes("CORRECT") && !reply.includes("INCORRECT"))) return "CORRECT";
  if (reply.startsWith("B") || reply.includes("INCORRECT")) return "INCORRECT";
  const isNotAttempted = reply.startsWith("C") || reply.includes("NOT_ATTEMPTED") || reply.includes("NOT ATTEMPTED");
  return isNotAttempted ? "NOT_ATTEMPTED" : "INCORRECT";
}

const BY_LETTER: Readonly<Record<string, SimpleQAGrade>> = { A: "CORRECT", B: "INCORRECT", C: "NOT_ATTEMPTED" };

/** The first capital A, B or C, be it of a word; what has none is NOT_ATTEMPTED. Source: openai/simple-evals, simpleqa_eval.py, grade_sample. */
export function simpleqaSimpleEvals(text: string): SimpleQAGrade {
  return BY_LETTER[/[ABC]/.exec(text)?.[0] ?? ""] ?? "NOT_ATTEMPTED";
}
