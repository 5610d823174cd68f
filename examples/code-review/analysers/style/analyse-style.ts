import type { AstNode } from '../ast.ts';
import { child, childList, text, unwrap, walk } from '../ast.ts';
import { fileKind, isGenerated, isMinified } from '../file-kind.ts';
import type { Finding, SourceFile } from '../finding.ts';
import type { ParsedSource } from '../parse-source.ts';
import { parseSource } from '../parse-source.ts';

const AGENT = 'style';

interface Remark {
  readonly rule: string;
  readonly severity: Finding['severity'];
  readonly message: string;
}

/**
 * Three rules that hold in any code base:
 * - `style/loose-equality`: `==` and `!=` convert types, except against null or undefined and where both sides are known to be strings;
 * - `style/empty-catch`: a caught error that is neither handled nor explained by a comment;
 * - `style/no-var`: `var` in a module or TypeScript file (classic scripts have no choice of style worth a remark).
 */
export function analyseStyle(files: readonly SourceFile[]): Finding[] {
  return files
    .filter((file) => fileKind(file.path) === 'script' && !isGenerated(file.text) && !isMinified(file.path, file.text))
    .flatMap((file) => styleOf(parseSource(file)));
}

function styleOf(source: ParsedSource): Finding[] {
  const findings: Finding[] = [];
  const isModern = source.module.hasModuleSyntax || /\.(?:[cm]?ts|tsx|mjs)$/i.test(source.file.path);
  walk(source.program, (node, ancestors) => {
    const remark =
      looseEquality(node) ?? emptyCatch(node, source) ?? (isModern ? varDeclaration(node, ancestors) : undefined);
    if (remark === undefined) return;
    const line = source.lines.lineAt(node.start);
    findings.push({ ...remark, file: source.file.path, line, evidence: source.lines.evidenceAt(line), agent: AGENT });
  });
  return findings;
}

function looseEquality(node: AstNode): Remark | undefined {
  if (node.type !== 'BinaryExpression') return undefined;
  const operator = text(node, 'operator');
  if (operator !== '==' && operator !== '!=') return undefined;
  const left = unwrap(child(node, 'left'));
  const right = unwrap(child(node, 'right'));
  if (isNullish(left) || isNullish(right) || isTypeof(left) || isTypeof(right)) return undefined;
  if (left?.type === 'Literal' && right?.type === 'Literal') return undefined;
  const message = `${operator} converts the types of its operands; use ${operator}=`;
  return { rule: 'style/loose-equality', severity: 'low', message };
}

function isNullish(node: AstNode | undefined): boolean {
  if (node?.type === 'Literal')
    return node['value'] === null && node['regex'] === undefined && node['bigint'] === undefined;
  if (node?.type === 'UnaryExpression') return text(node, 'operator') === 'void';
  return node?.type === 'Identifier' && text(node, 'name') === 'undefined';
}

function isTypeof(node: AstNode | undefined): boolean {
  return node?.type === 'UnaryExpression' && text(node, 'operator') === 'typeof';
}

function emptyCatch(node: AstNode, source: ParsedSource): Remark | undefined {
  if (node.type !== 'CatchClause') return undefined;
  const body = child(node, 'body');
  if (body === undefined || childList(body, 'body').length > 0) return undefined;
  if (source.comments.some((comment) => comment.start >= node.start && comment.end <= body.end)) return undefined;
  const message = 'The error is swallowed: handle it, rethrow it, or say in a comment why it may be ignored';
  return { rule: 'style/empty-catch', severity: 'medium', message };
}

function varDeclaration(node: AstNode, ancestors: readonly AstNode[]): Remark | undefined {
  if (node.type !== 'VariableDeclaration' || text(node, 'kind') !== 'var' || node['declare'] === true) return undefined;
  // Ambient blocks describe globals, which only `var` can.
  if (ancestors.some((ancestor) => ancestor['declare'] === true || ancestor['kind'] === 'global')) return undefined;
  return { rule: 'style/no-var', severity: 'low', message: 'var is visible in the whole function; use const or let' };
}
