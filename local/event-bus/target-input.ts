import type { BusEvent } from './event.ts';
import { formatEventTime } from './event.ts';
import { readJsonPath } from './json-path.ts';
import type { RuleTarget } from './rule.ts';

interface RuleIdentity {
  readonly ruleArn: string;
  readonly ruleName: string;
}

const placeholderPattern = /<([A-Za-z0-9_.-]+)>/g;

function omitDetail(event: unknown): unknown {
  if (typeof event !== 'object' || event === null) return event;
  return Object.fromEntries(Object.entries(event).filter(([name]) => name !== 'detail'));
}

function createVariables(
  paths: Readonly<Record<string, string>>,
  event: BusEvent,
  rule: RuleIdentity,
): ReadonlyMap<string, unknown> {
  const root: unknown = JSON.parse(event.json);
  const chosen = Object.entries(paths).map(([name, path]): [string, unknown] => [name, readJsonPath(path, root)]);
  return new Map<string, unknown>([
    ...chosen,
    ['aws.events.rule-arn', rule.ruleArn],
    ['aws.events.rule-name', rule.ruleName],
    ['aws.events.event.ingestion-time', formatEventTime(event.ingestedAtMs)],
    ['aws.events.event', omitDetail(root)],
    ['aws.events.event.json', root],
  ]);
}

/** Inside a JSON string: text is escaped, anything else is inserted as JSON without its quotes. */
function renderInsideString(value: unknown): string {
  if (value === undefined) return '';
  if (typeof value === 'string') return JSON.stringify(value).slice(1, -1);
  return JSON.stringify(value).replaceAll('"', '');
}

/** Says for each offset of the template whether it lies inside a JSON string. */
function isInsideString(template: string, offset: number): boolean {
  let isInside = false;
  for (let index = 0; index < offset; index += 1) {
    if (isInside && template[index] === '\\') index += 1;
    else if (template[index] === '"') isInside = !isInside;
  }
  return isInside;
}

function fillTemplate(template: string, variables: ReadonlyMap<string, unknown>): string {
  return template.replaceAll(placeholderPattern, (placeholder: string, name: string, offset: number) => {
    const value = variables.get(name);
    if (isInsideString(template, offset)) return renderInsideString(value);
    return value === undefined ? '""' : JSON.stringify(value);
  });
}

/**
 * The JSON text a target receives: the event, or what `Input`, `InputPath` or `InputTransformer` make of it.
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
 */
export function renderTargetInput(target: RuleTarget, event: BusEvent, rule: RuleIdentity): string {
  if (target.Input !== undefined) return target.Input;
  if (target.InputPath !== undefined) {
    const root: unknown = JSON.parse(event.json);
    return JSON.stringify(readJsonPath(target.InputPath, root) ?? null);
  }
  if (target.InputTransformer === undefined) return event.json;
  const variables = createVariables(target.InputTransformer.InputPathsMap ?? {}, event, rule);
  return fillTemplate(target.InputTransformer.InputTemplate, variables);
}
