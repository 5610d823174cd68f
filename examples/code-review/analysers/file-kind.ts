/** What the analysers can do with a file. */
export type FileKind = 'script' | 'declaration' | 'json' | 'text' | 'unsupported';

const SCRIPT = /\.(?:[cm]?[jt]s|[jt]sx)$/i;
const DECLARATION = /\.d\.(?:[\w-]+\.)?[cm]?ts$/i;
const PLAIN_TEXT =
  /(?:^|\/)(?:\.env(?:\.[\w.-]+)?|\.npmrc|\.netrc|\.pypirc|dockerfile|[^/]+\.(?:ya?ml|toml|ini|cfg|conf|properties|env|tfvars|pem|key|txt|md))$/i;
const LANGUAGES: Readonly<Record<string, string>> = {
  py: 'Python',
  go: 'Go',
  rb: 'Ruby',
  java: 'Java',
  kt: 'Kotlin',
  rs: 'Rust',
  c: 'C',
  h: 'C',
  cc: 'C++',
  cpp: 'C++',
  cs: 'C#',
  php: 'PHP',
  swift: 'Swift',
  scala: 'Scala',
  sh: 'Shell',
  bash: 'Shell',
  ps1: 'PowerShell',
  sql: 'SQL',
  tf: 'Terraform',
  vue: 'Vue',
  svelte: 'Svelte',
  html: 'HTML',
  css: 'CSS',
  scss: 'SCSS',
  less: 'Less',
  lua: 'Lua',
  dart: 'Dart',
  ex: 'Elixir',
  exs: 'Elixir',
  pl: 'Perl',
  r: 'R',
  asl: 'ASL',
  graphql: 'GraphQL',
  xml: 'XML',
};

/** Classifies a path by its name alone. */
export function fileKind(path: string): FileKind {
  if (DECLARATION.test(path)) return 'declaration';
  if (SCRIPT.test(path)) return 'script';
  if (/\.(?:json|jsonc|json5|webmanifest)$/i.test(path)) return 'json';
  return PLAIN_TEXT.test(path) ? 'text' : 'unsupported';
}

/** The language of a file that only the text-based secret rules can read; undefined when all that applies is applied. */
export function unsupportedLanguage(path: string): string | undefined {
  if (fileKind(path) !== 'unsupported') return undefined;
  const extension = /\.([a-z0-9]+)$/i.exec(path)?.[1]?.toLowerCase();
  return extension === undefined ? undefined : LANGUAGES[extension];
}

/** Whether a name or folder says that the file is test code or test data. */
export function isTestPath(path: string): boolean {
  return (
    /(?:^|\/)(?:tests?|__tests__|__mocks__|specs?|e2e|cypress|fixtures|__fixtures__|testdata|test-data)\//i.test(
      path,
    ) ||
    /(?:[._-](?:test|spec|e2e|cy)|(?:^|\/)test)(?:-d)?\.[cm]?[jt]sx?$/i.test(path) ||
    /(?:^|\/)(?:test_[^/]+|[^/]+_test|conftest)\.(?:py|go)$/i.test(path)
  );
}

const GENERATED =
  /@generated\b|\bDO NOT (?:EDIT|MODIFY)\b|\b(?:auto-?generated|code generated|automatically generated)\b/i;

/** Whether the head comment of a file declares it the output of a tool. */
export function isGenerated(text: string): boolean {
  const head = text.slice(0, 1_000).split('\n', 8);
  return head.some((line) => /^\s*(?:\/\/|\/\*|\*|#|<!--|--|;)/.test(line) && GENERATED.test(line));
}

/** Whether a script was compressed for shipping: nobody reviews such lines. */
export function isMinified(path: string, text: string): boolean {
  if (/[.-]min\.[cm]?js$/i.test(path)) return true;
  if (fileKind(path) !== 'script' || text.length < 5_000) return false;
  return text.length / (text.split('\n').length || 1) > 400;
}
