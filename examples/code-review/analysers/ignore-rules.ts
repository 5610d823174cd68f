interface Rule {
  readonly pattern: RegExp;
  readonly isNegated: boolean;
  readonly isFolderOnly: boolean;
}

/** The rules of one .gitignore file; paths are relative to the folder of the file. */
export class IgnoreRules {
  readonly #rules: readonly Rule[];

  constructor(text: string) {
    this.#rules = text.split(/\r?\n/).flatMap(parseRule);
  }

  /** What the last matching rule says: true to ignore, false to keep, undefined when no rule matches. */
  decide(path: string, isFolder: boolean): boolean | undefined {
    const rule = this.#rules.findLast((each) => (isFolder || !each.isFolderOnly) && each.pattern.test(path));
    return rule === undefined ? undefined : !rule.isNegated;
  }
}

function parseRule(line: string): Rule[] {
  const text = line.replace(/(?<!\\)\s+$/, '');
  if (text === '' || text.startsWith('#')) return [];
  const isNegated = text.startsWith('!');
  const body = (isNegated ? text.slice(1) : text).replace(/^\\(?=[!#])/, '');
  const isFolderOnly = body.endsWith('/');
  const glob = body.replace(/\/+$/, '');
  if (glob === '') return [];
  // A slash inside ties the rule to the folder of the file; without one it matches at any depth.
  const prefix = glob.includes('/') ? '' : '(?:.*/)?';
  return [{ pattern: new RegExp(`^${prefix}${globSource(glob.replace(/^\//, ''))}$`), isNegated, isFolderOnly }];
}

function globSource(glob: string): string {
  const tokens = glob.match(/\/\*\*\/|^\*\*\/|\/\*\*$|\*+|\?|\[!?[^\]]+\]|\\.|[\s\S]/g) ?? [];
  return tokens.map(tokenSource).join('');
}

function tokenSource(token: string): string {
  if (token === '/**/') return '/(?:.*/)?';
  if (token === '**/') return '(?:.*/)?';
  if (token === '/**') return '/.*';
  if (/^\*+$/.test(token)) return '[^/]*';
  if (token === '?') return '[^/]';
  if (token.length > 1 && token.startsWith('[')) return token.replace(/^\[!/, '[^').replaceAll('\\', '\\\\');
  const character = token.length > 1 && token.startsWith('\\') ? token.slice(1) : token;
  return character.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
