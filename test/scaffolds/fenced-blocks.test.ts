import fc from "fast-check";
import { expect, it } from "vitest";
import { fencedBlocks } from "../../src/scaffolds/bash-block/fenced-blocks.ts";
import { writeStep } from "../../src/scaffolds/bash-block/step.ts";

const shell = (content: string, isClosed = true) => ({ language: "bash", content, isClosed });

it("reads backtick and tilde fences with their language", () => {
  expect(fencedBlocks("a\n```bash title=x\nls\n```\nb\n~~~ SH\npwd\n~~~~\n```\nplain\n```")).toEqual([
    shell("ls"),
    { language: "sh", content: "pwd", isClosed: true },
    { language: "", content: "plain", isClosed: true },
  ]);
});

it("reads carriage returns, indented fences and fences of the other kind inside", () => {
  expect(fencedBlocks("```bash\r\nls\r\npwd\r\n```\r\n")).toEqual([shell("ls\npwd")]);
  expect(fencedBlocks("1. Do:\n   ```bash\n   if true; then\n     ls\n   fi\n   ```")).toEqual([shell("if true; then\n  ls\nfi")]);
  expect(fencedBlocks("```bash\necho '\n~~~\n'\n```")).toEqual([shell("echo '\n~~~\n'")]);
});

it("is not closed where the reply ends first", () => {
  expect(fencedBlocks("```bash\nls")).toEqual([shell("ls", false)]);
  expect(fencedBlocks("````bash\nls\n```")).toEqual([shell("ls\n```", false)]);
  expect(fencedBlocks("```bash")).toEqual([shell("", false)]);
});

it("keeps fences inside heredocs, one or several, quoted or not", () => {
  const command = "cat > a.md <<'EOF' && cat > b.md <<-END\n```\nx\n```\nEOF\n```python\n```\n\tEND\nls";
  expect(fencedBlocks(`\`\`\`bash\n${command}\n\`\`\`\nText.`)).toEqual([shell(command)]);
});

it("does not take a shift, a here-string or a heredoc without end for one", () => {
  for (const command of ["echo $((1 << n))", "cat <<< word", "cat <<EOF", "echo '<<EOF' <<\"A B\""]) {
    expect(fencedBlocks(`\`\`\`bash\n${command}\n\`\`\`\n\`\`\`bash\nls\n\`\`\``)).toEqual([shell(command), shell("ls")]);
  }
});

it("does not take inline code for a fence", () => {
  expect(fencedBlocks("```ls``` and `x`")).toEqual([]);
});

it("gives back every command that was fenced as the scaffold fences it", () => {
  const piece = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.constantFrom("```", "````bash", "~~~", "cat <<EOF", "EOF", " EOF", "<<'A' <<B", "A", "B", "  "),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), fc.boolean(), (pieces, isCrlf) => {
      const command = pieces.join("\n").replaceAll("\r", "");
      const reply = `Before.\n${writeStep({ command })}\nAfter.`;
      expect(fencedBlocks(isCrlf ? reply.replaceAll("\n", "\r\n") : reply)).toEqual([shell(command)]);
    }),
    { numRuns: 500 },
  );
});

it("reads any text without failing, and hostile text in linear time", () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom("```", "```bash", "~~~", "cat <<E", "E", "x", "\r", "<<'", " ")),
      (parts) => void fencedBlocks(parts.join("\n")),
    ),
  );
  const startedAt = performance.now();
  for (const part of ["```bash\ncat <<E\n", "```bash\nx <<A <<B\nB\n", "<<'", "``` `", " \t"]) fencedBlocks(part.repeat(200_000));
  expect(performance.now() - startedAt).toBeLessThan(5_000);
});
