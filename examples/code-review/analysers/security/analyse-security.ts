import { fileKind, isMinified } from '../file-kind.ts';
import type { Finding, SourceFile } from '../finding.ts';
import { parseSource } from '../parse-source.ts';
import { findDangerousCalls } from './find-dangerous-calls.ts';
import { findSecretsInCode, findSecretsInText } from './find-secrets.ts';

const LOCK_FILE =
  /(?:^|\/)(?:package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|yarn\.lock|composer\.lock|poetry\.lock|[^/]+\.lock)$/i;

/** Reports secrets in any text file, and in scripts code run from text, shell and SQL injection, and unescaped markup. */
export function analyseSecurity(files: readonly SourceFile[]): Finding[] {
  return files.flatMap((file) => {
    if (LOCK_FILE.test(file.path)) return [];
    const kind = fileKind(file.path);
    if (kind !== 'script' && kind !== 'declaration') return findSecretsInText(file);
    const source = parseSource(file);
    // Without a tree (the parser gave up) the text still tells of secrets.
    if (source.errors.length > 0 && isEmpty(source.program)) return findSecretsInText(file);
    const secrets = findSecretsInCode(source);
    return isMinified(file.path, file.text) ? secrets : [...secrets, ...findDangerousCalls(source)];
  });
}

function isEmpty(program: { readonly [key: string]: unknown }): boolean {
  const body = program['body'];
  return !Array.isArray(body) || body.length === 0;
}
