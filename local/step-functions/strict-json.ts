const tokens = /"(?:[^"\\]|\\.)*"|[{}[\]:,]/g;

/** Whether an object in valid JSON text names a field twice, which `JSON.parse` lets pass. */
function repeatsField(text: string): boolean {
  const open: (Set<string> | undefined)[] = [];
  let last = '';
  for (const [token] of text.matchAll(tokens)) {
    if (token === '{') open.push(new Set());
    else if (token === '[') open.push(undefined);
    else if (token === '}' || token === ']') open.pop();
    else if (token === ':') {
      const name = String(JSON.parse(last));
      if (open.at(-1)?.has(name)) return true;
      open.at(-1)?.add(name);
    }
    last = token;
  }
  return false;
}

/**
 * Parses JSON as strictly as AWS's `$parse`.
 * @throws {@link SyntaxError} when the text is not JSON, names a field twice or holds a number beyond a double.
 */
export function parseStrictJson(text: string): unknown {
  const value: unknown = JSON.parse(text, (_key, item: unknown) => {
    if (typeof item === 'number' && !Number.isFinite(item)) throw new SyntaxError('a number is too large');
    return item;
  });
  if (repeatsField(text)) throw new SyntaxError('a field is repeated');
  return value;
}
