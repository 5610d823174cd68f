import { walk } from '../code-review/analysers/ast.ts';
import type { SourceFile } from '../code-review/analysers/finding.ts';
import { parseSource } from '../code-review/analysers/parse-source.ts';

/** A word of the language with the line it is on. */
export interface Token {
  readonly text: string;
  readonly line: number;
}

const wordOrSign =
  /[\p{ID_Start}$_#][\p{ID_Continue}$\u200c\u200d]*|\d[\w.]*|=>|\.\.\.|[<>]=|[=!]==?|&&|\|\||\?\?|\?\.|\+\+|--|\*\*|[^\s\w]/gu;

/** The tokens of a script without its comments; where literals begin and end is the parser's word, not a guess. */
export function tokensOf(file: SourceFile): Token[] {
  const { program, comments, lines } = parseSource(file);
  const spans: { start: number; end: number; isToken: boolean }[] = comments.map(({ start, end }) => ({
    start,
    end,
    isToken: false,
  }));
  walk(program, ({ type, start, end }) => {
    if (type === 'Literal' || type === 'TemplateElement' || type === 'JSXText')
      spans.push({ start, end, isToken: true });
  });
  spans.sort((left, right) => left.start - right.start);
  const tokens: Token[] = [];
  let from = 0;
  const scan = (to: number): void => {
    for (const match of file.text.slice(from, to).matchAll(wordOrSign))
      tokens.push({ text: match[0], line: lines.lineAt(from + match.index) });
  };
  for (const { start, end, isToken } of spans) {
    if (start < from) continue;
    scan(start);
    if (isToken && end > start) tokens.push({ text: file.text.slice(start, end), line: lines.lineAt(start) });
    from = end;
  }
  scan(file.text.length);
  return tokens;
}
