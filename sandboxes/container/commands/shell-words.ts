/** Text and names as a POSIX shell takes them. */

/** A word of a shell that stands for exactly this text; the text holds no NUL. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Whether every shell can export a variable of this name; bash refuses some of its own. */
export function isShellName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !/^(PPID|E?UID|SHELLOPTS|BASHOPTS|BASH_VERSINFO)$/.test(name);
}
