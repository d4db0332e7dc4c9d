/** Addresses of engines that a person names. */

/** Why `url` cannot be one, as the rest of a sentence; undefined where it can. A run folder keeps it, so it must hold no password. */
export function whyNoHostAddress(url: string): string | undefined {
  if (!/^(unix|tcp|https?|ssh):\/\/./.test(url)) return "expected an address that begins with unix://, tcp:// or ssh://";
  return URL.parse(url)?.password ? "expected an address without a password, for it is stored" : undefined;
}

/** Whether both lead to the same engine, whoever logs in there: a trial's row tells its host without credentials. */
export function isSameHost(one: string, other: string): boolean {
  const [a, b] = [URL.parse(one), URL.parse(other)];
  return a !== null && a.protocol === b?.protocol && a.host === b.host && a.pathname === b.pathname;
}
