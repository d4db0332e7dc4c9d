/** Which models are kin: a judge prefers answers of its own family (Panickssery et al. 2024, arXiv 2404.13076). */

const FAMILIES: Readonly<Record<string, RegExp>> = {
  gpt: /gpt|codex|(?:^|[/-])o[1-9](?=$|[-:@])|davinci|computer-use-preview/,
  claude: /claude/,
  gemini: /gemini|gemma|palm-?2/,
  llama: /llama(?!-?index|\.cpp)|vicuna|alpaca/,
  qwen: /qwen|qwq|qvq/,
  mistral: /mi[sx]tral|ministral|codestral|magistral|devstral|pixtral|mathstral|voxtral/,
  deepseek: /deepseek/,
  phi: /(?:^|[/-])phi(?=$|[-_\d.])/,
  olmo: /olmo|tulu/,
  command: /command-(?:r|a|light|nightly)|(?:^|[/-])aya(?=$|-)|c4ai/,
  grok: /grok/,
  nova: /(?:^|[/.-])nova-|titan-text/,
  glm: /glm/,
  kimi: /kimi|moonshot/,
  minimax: /minimax/,
  yi: /(?:^|[/-])yi(?=$|-)/,
  granite: /granite/,
  falcon: /falcon/,
  nemotron: /nemotron/,
  smollm: /smollm/,
  internlm: /intern(?:lm|vl)/,
  hunyuan: /hunyuan/,
  ernie: /ernie/,
  jamba: /jamba/,
  exaone: /exaone/,
};

/** What a provider serves that is its own only, for models whose name does not tell. */
const OF_PROVIDER: Readonly<Record<string, string>> = {
  openai: "gpt",
  anthropic: "claude",
  google: "gemini",
  mistral: "mistral",
  deepseek: "deepseek",
  xai: "grok",
};

/** The family of a model spec (`openai-compatible/Qwen/Qwen3-8B?temperature=0` is `qwen`); null where the name does not tell. A distilled model is of its teacher's. */
export function familyOf(modelSpec: string): string | null {
  return familiesOf(modelSpec)[0] ?? null;
}

/** A family that both belong to, also by distillation (`DeepSeek-R1-Distill-Llama-70B` is deepseek and llama); null where there is none or it cannot be told. */
export function sharedFamily(judge: string, model: string): string | null {
  const families = familiesOf(model);
  return familiesOf(judge).find((family) => families.includes(family)) ?? null;
}

/** In the order in which the name says them. */
function familiesOf(modelSpec: string): string[] {
  const spec = (modelSpec.split("?")[0] ?? "").toLowerCase();
  const slash = spec.indexOf("/");
  const [provider, name] = slash === -1 ? ["", spec] : [spec.slice(0, slash), spec.slice(slash + 1)];
  const named = Object.entries(FAMILIES)
    .map(([family, pattern]) => ({ family, index: name.search(pattern) }))
    .filter(({ index }) => index !== -1)
    .toSorted((a, b) => a.index - b.index)
    .map(({ family }) => family);
  return named.length > 0 ? named : [OF_PROVIDER[provider]].filter((family) => family !== undefined);
}
