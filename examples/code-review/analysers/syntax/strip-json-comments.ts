const COMMENTED_NAMES =
  /(?:^|\/)(?:(?:ts|js)config(?:[.-][\w.-]+)?\.json|[^/]*\.tsconfig\.json|\.eslintrc(?:\.json)?|\.babelrc(?:\.json)?|\.swcrc|\.oxlintrc\.json|oxlint\.json|biome\.json|deno\.json|turbo\.json|nx\.json|project\.json|devcontainer\.json|api-extractor(?:[.-]\w+)?\.json|\.jshintrc|\.hintrc|wrangler\.json|renovate\.json|tslint\.json|language-configuration\.json|typedoc\.json|rush\.json|knip\.json|[^/]+\.(?:jsonc|json5|code-workspace))$|(?:^|\/)\.vscode\/[^/]+\.json$|(?:^|\/)common\/config\/rush\//i;

/** Whether the tools that read this file accept comments and trailing commas in it. */
export function allowsJsonComments(path: string): boolean {
  return COMMENTED_NAMES.test(path);
}

/** Blanks comments and trailing commas; every other character keeps its offset. */
export function stripJsonComments(text: string): string {
  const blank = (match: string): string => match.replace(/[^\n]/g, ' ');
  const bare = text.replace(/"(?:[^"\\\n]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (match) =>
    match.startsWith('"') ? match : blank(match),
  );
  return bare.replace(/"(?:[^"\\\n]|\\.)*"|,(?=\s*[}\]])/g, (match) => (match === ',' ? ' ' : match));
}
