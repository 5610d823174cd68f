/** IAM's wildcards: `*` any run of characters, `?` any one. */
export function wildcard(pattern: string, ignoreCase = false): RegExp {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, ignoreCase ? 'is' : 's');
}
