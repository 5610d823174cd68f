/** One step of a parsed wildcard: a literal character or any run of characters. */
export type WildcardToken = { readonly literal: string } | 'any';

/** A wildcard that AWS refuses, with its reason. */
export class WildcardError extends Error {
  override readonly name = 'WildcardError';
}

/** AWS counts positions in UTF-8 bytes. */
function bytesBefore(characters: readonly string[], index: number): number {
  return Buffer.byteLength(characters.slice(0, index).join(''));
}

/**
 * Parses a wildcard pattern; the quotes that surround a JSON string are part of it, so positions count from the quote.
 * @throws {@link WildcardError} on `**`, and on a backslash before anything but `*` or a backslash
 */
export function parseWildcard(pattern: string): readonly WildcardToken[] {
  const characters = Array.from(`"${pattern}"`);
  const tokens: WildcardToken[] = [];
  for (let index = 0; index < characters.length; index += 1) {
    const character = characters[index] ?? '';
    const following = characters[index + 1];
    if (character === '*') {
      if (following === '*')
        throw new WildcardError(`Consecutive wildcard characters at pos ${bytesBefore(characters, index)}`);
      tokens.push('any');
    } else if (character === '\\') {
      if (following !== '*' && following !== '\\') {
        throw new WildcardError(`Invalid escape character at pos ${bytesBefore(characters, index)}`);
      }
      tokens.push({ literal: following });
      index += 1;
    } else {
      tokens.push({ literal: character });
    }
  }
  return tokens;
}

/** Matches a quoted value against the tokens; linear in value × pattern, no regular expression. */
export function matchesWildcard(tokens: readonly WildcardToken[], quotedValue: string): boolean {
  const characters = Array.from(quotedValue);
  let tokenIndex = 0;
  let valueIndex = 0;
  let resumeToken = -1;
  let resumeValue = 0;
  while (valueIndex < characters.length) {
    const token = tokens[tokenIndex];
    if (token === 'any') {
      resumeToken = tokenIndex + 1;
      resumeValue = valueIndex;
      tokenIndex += 1;
    } else if (token !== undefined && token.literal === characters[valueIndex]) {
      tokenIndex += 1;
      valueIndex += 1;
    } else if (resumeToken >= 0) {
      resumeValue += 1;
      tokenIndex = resumeToken;
      valueIndex = resumeValue;
    } else {
      return false;
    }
  }
  return tokens.slice(tokenIndex).every((token) => token === 'any');
}
