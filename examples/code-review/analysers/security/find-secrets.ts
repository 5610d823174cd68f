import type { AstNode } from '../ast.ts';
import { child, childList, propertyName, stringValue, text, walk } from '../ast.ts';
import { fileKind, isTestPath } from '../file-kind.ts';
import type { Finding, SourceFile } from '../finding.ts';
import { LineIndex } from '../line-index.ts';
import type { ParsedSource } from '../parse-source.ts';
import { credentialKind, isCredentialValue } from './credential-names.ts';
import { headerCredential, libraryKey } from './key-places.ts';
import {
  CONNECTION_STRING,
  entropyBits,
  isPlaceholder,
  JSON_WEB_TOKEN,
  looksRandom,
  PRIVATE_KEY,
  SECRET_FORMATS,
} from './secret-formats.ts';

/** A secret found at an offset of a text. */
interface Secret {
  readonly what: string;
  readonly offset: number;
  readonly value: string;
}

const SHOWN_CHARACTERS = 4;
const RANDOM_TOKEN_BITS = 3.5;

/** Finds credentials in the string literals of a script; comments and composed strings do not count. */
export function findSecretsInCode(source: ParsedSource): Finding[] {
  const secrets: Secret[] = [];
  const isTest = isTestPath(source.file.path);
  walk(source.program, (node, ancestors) => {
    const value = node.type === 'Literal' || node.type === 'TemplateLiteral' ? literalText(node) : undefined;
    if (value === undefined || value.length < 6) return;
    const known = knownSecrets(value, isTest).map((secret) => ({ ...secret, offset: offsetIn(source, node, secret) }));
    secrets.push(...known);
    if (known.length > 0 || isTest || stringValue(node) === undefined) return;
    const what =
      headerCredential(value) ?? libraryKey(node, ancestors, value) ?? namedCredential(node, ancestors, value);
    if (what !== undefined) secrets.push({ what, offset: node.start, value });
  });
  return findings(source.file, source.lines, secrets);
}

function namedCredential(node: AstNode, ancestors: readonly AstNode[], value: string): string | undefined {
  const name = credentialName(node, ancestors);
  const kind = name === undefined ? undefined : credentialKind(name);
  if (kind === undefined || !isCredentialValue(kind, value)) return undefined;
  return `${kind === 'password' ? 'Password' : 'Credential'} in ${name}`;
}

/** The text of a literal; the pieces of a template are kept apart so that they cannot form a secret together. */
function literalText(node: AstNode): string | undefined {
  const whole = stringValue(node);
  if (whole !== undefined || node.type === 'Literal') return whole;
  return childList(node, 'quasis')
    .map((quasi) => {
      const value = quasi['value'];
      return typeof value === 'object' && value !== null && 'cooked' in value ? String(value.cooked) : '';
    })
    .join('${}');
}

function offsetIn(source: ParsedSource, node: AstNode, secret: Secret): number {
  const at = source.file.text.slice(node.start, node.end).indexOf(secret.value.slice(0, 20));
  return node.start + Math.max(0, at);
}

/** The name that a literal is given to: variable, property, parameter default, comparison, environment fallback. */
function credentialName(node: AstNode, ancestors: readonly AstNode[]): string | undefined {
  let inner = node;
  for (const parent of ancestors.toReversed()) {
    switch (parent.type) {
      case 'TSAsExpression':
      case 'TSSatisfiesExpression':
      case 'LogicalExpression':
      case 'ConditionalExpression':
        if (child(parent, 'test') === inner) return undefined;
        inner = parent;
        continue;
      case 'CallExpression':
      case 'NewExpression':
        return argumentName(parent, inner);
      default:
        return receiverName(parent, inner);
    }
  }
  return undefined;
}

function receiverName(parent: AstNode, value: AstNode): string | undefined {
  if (parent.type === 'BinaryExpression') return comparedName(parent, value);
  const isValue = ['init', 'value', 'right'].some((key) => child(parent, key) === value);
  if (!isValue) return undefined;
  switch (parent.type) {
    case 'VariableDeclarator':
      return text(child(parent, 'id'), 'name');
    case 'Property':
    case 'PropertyDefinition':
      return propertyName(parent);
    case 'AssignmentExpression':
    case 'AssignmentPattern':
      return nameOf(child(parent, 'left'));
    default:
      return undefined;
  }
}

function comparedName(comparison: AstNode, value: AstNode): string | undefined {
  if (!/^[!=]==?$/.test(text(comparison, 'operator') ?? '')) return undefined;
  return nameOf(child(comparison, child(comparison, 'left') === value ? 'right' : 'left'));
}

function nameOf(node: AstNode | undefined): string | undefined {
  return text(node, 'name') ?? propertyName(node);
}

/** Arguments that are keys, but also take names and labels: only what looks like a key counts. */
function argumentName(call: AstNode, value: AstNode): string | undefined {
  const callee = nameOf(child(call, 'callee')) ?? '';
  const position = childList(call, 'arguments').indexOf(value);
  return position === 1 && /^(?:createHmac|createCipheriv)$/.test(callee) ? `${callee} secret` : undefined;
}

/** Finds credentials in a file that is not parsed: known formats, and assignments to names of credentials. */
export function findSecretsInText(file: SourceFile): Finding[] {
  const isTest =
    isTestPath(file.path) || /(?:^|[./_-])(?:example|sample|template|dist|defaults)(?:[./_-]|$)/i.test(file.path);
  const secrets = knownSecrets(file.text, isTest);
  if (!isTest && !/\.(?:md|txt)$/i.test(file.path)) secrets.push(...assignedSecrets(file));
  return findings(file, new LineIndex(file.text), secrets);
}

const QUOTED = /["']?([A-Za-z_][\w.-]{1,60})["']?\s*(?::|=>?|:=)\s*(["'])([^"'\n]{6,512})\2/g;
const UNQUOTED =
  /^[ \t]*(?:-[ \t]+)?(?:export[ \t]+)?([A-Za-z_][\w.-]{1,60})[ \t]*[:=][ \t]*([^\s"'#;,][^\s"';,]{5,511})[ \t]*(?:[ \t]#.*)?$/gm;

function assignedSecrets(file: SourceFile): Secret[] {
  const hasBareValues = fileKind(file.path) === 'text';
  const matches = [...file.text.matchAll(QUOTED), ...(hasBareValues ? file.text.matchAll(UNQUOTED) : [])];
  return matches.flatMap((match): Secret[] => {
    const [, name = ''] = match;
    const value = match[3] ?? match[2] ?? '';
    const kind = credentialKind(name);
    if (kind === undefined || !isCredentialValue(kind, value) || isCommentedOut(file.text, match.index)) return [];
    return [{ what: `${kind === 'password' ? 'Password' : 'Credential'} in ${name}`, offset: match.index, value }];
  });
}

function isCommentedOut(content: string, offset: number): boolean {
  const start = content.lastIndexOf('\n', offset) + 1;
  return /^\s*(?:#|\/\/|;|\*|<!--)/.test(content.slice(start, offset + 1));
}

function knownSecrets(content: string, isTest: boolean): Secret[] {
  const secrets: Secret[] = [];
  for (const { name, pattern } of SECRET_FORMATS) {
    for (const match of content.matchAll(pattern)) {
      const isReal =
        looksRandom(match[0]) && !isPlaceholder(match[0]) && (!isTest || entropyBits(match[0]) >= RANDOM_TOKEN_BITS);
      if (isReal) secrets.push({ what: name, offset: match.index, value: match[0] });
    }
  }
  if (content.includes('-----BEGIN')) secrets.push(...privateKeys(content));
  if (isTest) return secrets;
  return [...secrets, ...webTokens(content), ...connectionStrings(content)];
}

function privateKeys(content: string): Secret[] {
  return [...content.matchAll(PRIVATE_KEY)]
    .filter((match) => entropyBits(match[0].slice(match[0].lastIndexOf('-') + 1)) >= RANDOM_TOKEN_BITS)
    .map((match) => ({ what: 'Private key', offset: match.index, value: match[0] }));
}

function webTokens(content: string): Secret[] {
  return [...content.matchAll(JSON_WEB_TOKEN)]
    .filter((match) => {
      const [header = '', payload = ''] = match[0].split('.').map((part) => Buffer.from(part, 'base64url').toString());
      return header.includes('"alg"') && !/John Doe|1234567890|example|test/i.test(payload);
    })
    .map((match) => ({ what: 'JSON Web Token', offset: match.index, value: match[0] }));
}

const LOCAL_HOST =
  /^(?:localhost|127\.|0\.0\.0\.0|\[?::1|host(?:name)?$|db$|example|[\w-]+\.example|postgres$|mysql$|redis$|mongo$)/i;

function connectionStrings(content: string): Secret[] {
  return [...content.matchAll(CONNECTION_STRING)]
    .filter(
      ([, password = '', host = '']) => !LOCAL_HOST.test(host) && !isPlaceholder(password) && !/^[$%{[]/.test(password),
    )
    .filter(
      ([, password = '', host = '']) =>
        password.length >= 6 && entropyBits(password) >= 2.2 && !/example\.(?:com|org|net)/.test(host),
    )
    .map((match) => ({ what: 'Connection string with a password', offset: match.index, value: match[0] }));
}

function findings(file: SourceFile, lines: LineIndex, secrets: readonly Secret[]): Finding[] {
  return secrets.map(({ what, offset, value }) => {
    const line = lines.lineAt(offset);
    return {
      rule: 'security/hardcoded-secret',
      severity: 'critical',
      file: file.path,
      line,
      message: `${what} is written into the file: revoke it and read it from a secret store or the environment`,
      // A report must not spread the secret further than the source already does.
      evidence: `${value.slice(0, SHOWN_CHARACTERS)}… (${value.length} characters)`,
      agent: 'security',
    };
  });
}
