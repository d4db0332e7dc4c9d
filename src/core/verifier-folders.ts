/** How a verifier's command names the folders that it is given. */

/**
 * Puts the folders in for `$VERIFIER` and `$VERIFIER_RESULTS` (or with braces) before a shell sees the command, in every kind of quotes.
 * They are no variables: what the command runs does not learn them from its environment.
 */
export function nameVerifierFolders(command: string, folders: { files: string; results: string }): string {
  return command
    .replaceAll(/\$(?:VERIFIER_RESULTS\b|\{VERIFIER_RESULTS\})/g, () => folders.results)
    .replaceAll(/\$(?:VERIFIER\b|\{VERIFIER\})/g, () => folders.files);
}
