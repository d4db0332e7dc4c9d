/** Checks the documentation: links lead somewhere, TypeScript blocks type-check, commands are ones that the program takes. */
import { commandLines, whyRefused } from "./docs/commands.ts";
import { fencesOf, pagePaths, pageText } from "./docs/fences.ts";
import { brokenLinks } from "./docs/links.ts";
import { typeErrors } from "./docs/types.ts";

const pages = pagePaths();
const fences = pages.flatMap((page) => fencesOf(page, pageText(page)));
const shown = new Set(fences.flatMap(({ file }) => file ?? []));

const refused: string[] = [];
let commands = 0;
for (const fence of fences) {
  for (const words of commandLines(fence)) {
    commands += 1;
    const why = await whyRefused(words, shown);
    if (why !== undefined) refused.push(`${fence.page}:${fence.line}: assay ${words.join(" ")}: ${why}`);
  }
}

const problems = [...pages.flatMap(brokenLinks), ...(await typeErrors(fences)), ...refused];
for (const problem of problems) console.log(problem);
console.log(`${pages.length} pages, ${fences.length} blocks, ${commands} commands, ${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
