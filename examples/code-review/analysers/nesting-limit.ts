/** The parser recurses for each level and ends the process near 10,000; hand-written code stays below 100. */
const MAX_BRACKETS = 1_500;
/** Levels without brackets: chains of `if`, `?:`, arrows and type arguments, within one statement. */
const MAX_CHAIN = 5_000;
const TOKEN =
  /[([{]|[)\]}]|=>|\?|\bif\b|\w<|;|\n(?=(?:export|import|const|let|var|function|class|async|interface|type)\b)/g;

/**
 * Where a text nests deeper than the parser survives; undefined when it is safe to parse.
 * Brackets in strings and comments count as well, which only ever errs on the side of refusing.
 */
export function nestingLimitOffset(text: string): number | undefined {
  if (text.length < MAX_BRACKETS) return undefined;
  let depth = 0;
  let chain = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [token] = match;
    if (/[([{]/.test(token)) depth += 1;
    else if (/[)\]}]/.test(token)) depth = Math.max(0, depth - 1);
    else chain = token === ';' || token === '\n' ? 0 : chain + 1;
    if (depth > MAX_BRACKETS || chain > MAX_CHAIN) return match.index;
  }
  return undefined;
}
