import type { AstNode } from '../ast.ts';
import { child, childList, propertyName, stringValue, text, unwrap, walk } from '../ast.ts';
import type { Finding } from '../finding.ts';
import type { ParsedSource } from '../parse-source.ts';
import { readScopes } from '../scope.ts';
import type { Place } from './code-facts.ts';
import { isBuiltText, isExternalInput, isFixed, literalTexts, referenceName } from './code-facts.ts';
import type { Danger } from './danger.ts';
import { dynamicCode, loadedCode } from './dynamic-code.ts';
import { shellCommand } from './shell-command.ts';

/** Finds code run from text, shell commands and SQL put together from input, and markup written without escaping. */
export function findDangerousCalls(source: ParsedSource): Finding[] {
  const scopes = readScopes(source.program);
  const findings: Finding[] = [];
  walk(source.program, (node, ancestors) => {
    const place: Place = { scopes, ancestors };
    const danger = dangerOf(node, place);
    if (danger === undefined) return;
    const line = source.lines.lineAt(node.start);
    findings.push({
      ...danger,
      file: source.file.path,
      line,
      evidence: source.lines.evidenceAt(line),
      agent: 'security',
    });
  });
  return findings;
}

function dangerOf(node: AstNode, place: Place): Danger | undefined {
  if (node.type === 'CallExpression' || node.type === 'NewExpression') {
    return dynamicCode(node, place) ?? shellCommand(node, place) ?? sqlText(node, place) ?? markupCall(node, place);
  }
  if (node.type === 'ImportExpression') return loadedCode(child(node, 'source'), place);
  if (node.type === 'AssignmentExpression') return markupAssignment(node, place);
  return node.type === 'JSXAttribute' ? markupAttribute(node, place) : undefined;
}

const QUERY_METHODS =
  /^(?:query|execute|exec|raw|run|all|get|each|prepare|unsafe|\$queryRawUnsafe|\$executeRawUnsafe|queryRaw|executeSql|batch|many|one|oneOrNone|none|any|manyOrNone)$/;
const SQL =
  /^\s*(?:\(\s*)?(?:select\b[\s\S]*?\bfrom\b|insert\s+(?:or\s+\w+\s+)?into\b|update\b[\s\S]+?\bset\b|delete\s+from\b|(?:drop|alter|create|truncate)\s+(?:table|database|index|view|user|role)\b|with\b[\s\S]+?\bselect\b|replace\s+into\b|merge\s+into\b|call\s+\w+\s*\(|exec(?:ute)?\s+\w+)/i;

function sqlText(node: AstNode, place: Place): Danger | undefined {
  const callee = unwrap(child(node, 'callee'));
  const name = propertyName(callee) ?? text(callee, 'name') ?? '';
  if (!QUERY_METHODS.test(name)) return undefined;
  const [first] = childList(node, 'arguments');
  const sql = queryText(first);
  if (sql === undefined || isFixed(sql, place) || !isBuiltText(sql, place)) return undefined;
  if (!SQL.test(literalTexts(sql, place).join(' '))) return undefined;
  return {
    rule: 'security/sql-injection',
    severity: isExternalInput(sql, place) ? 'critical' : 'high',
    message: `SQL for ${name} is put together from values: pass them as parameters of the statement`,
  };
}

/** The statement of `query(text)` and of `query({ text, values })`. */
function queryText(node: AstNode | undefined): AstNode | undefined {
  const first = unwrap(node);
  if (first?.type !== 'ObjectExpression') return first;
  const property = childList(first, 'properties').find((each) => /^(?:text|sql|query)$/.test(propertyName(each) ?? ''));
  return child(property, 'value');
}

function unescapedMarkup(target: string, value: AstNode, place: Place): Danger | undefined {
  if (isFixed(value, place)) return undefined;
  return {
    rule: 'security/unescaped-markup',
    severity: isExternalInput(value, place) ? 'high' : 'medium',
    message: `${target} takes text that is not fixed as markup: use textContent, or sanitise the text`,
  };
}

function markupAssignment(node: AstNode, place: Place): Danger | undefined {
  const target = child(node, 'left');
  const name = target?.type === 'MemberExpression' ? propertyName(target) : undefined;
  const value = child(node, 'right');
  if (value === undefined || (name !== 'innerHTML' && name !== 'outerHTML')) return undefined;
  return unescapedMarkup(name, value, place);
}

function markupCall(node: AstNode, place: Place): Danger | undefined {
  const callee = unwrap(child(node, 'callee'));
  const name = propertyName(callee);
  const parameters = childList(node, 'arguments');
  const [first, second] = parameters;
  if (name === 'insertAdjacentHTML' && second !== undefined) return unescapedMarkup(name, second, place);
  const isDocument = /^(?:global:)?document$/.test(referenceName(child(callee, 'object'), place) ?? '');
  if (isDocument && (name === 'write' || name === 'writeln') && first !== undefined) {
    return unescapedMarkup(`document.${name}`, first, place);
  }
  return undefined;
}

function markupAttribute(node: AstNode, place: Place): Danger | undefined {
  if (text(child(node, 'name'), 'name') !== 'dangerouslySetInnerHTML') return undefined;
  const value = unwrap(child(child(node, 'value'), 'expression'));
  const property = childList(value, 'properties').find((each) => propertyName(each) === '__html');
  const markup = child(property, 'value');
  return markup === undefined || stringValue(markup) !== undefined
    ? undefined
    : unescapedMarkup('dangerouslySetInnerHTML', markup, place);
}
