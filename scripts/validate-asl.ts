import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import jsonata from 'jsonata';
import * as z from 'zod';

const Report = z.looseObject({ isValid: z.boolean(), errors: z.array(z.unknown()) });
type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** asl-validator comes without types; what it answers is checked like anything else from outside. */
function specificationErrors(definition: unknown): string[] {
  const validator: unknown = createRequire(import.meta.url)('asl-validator');
  if (typeof validator !== 'function') throw new Error('asl-validator exports no function');
  const { isValid, errors } = Report.parse(validator(definition));
  return isValid ? [] : errors.map((error) => JSON.stringify(error));
}

/** Every object inside a value, itself included. */
function* objectsIn(value: unknown): Generator<Fields> {
  if (isFields(value)) yield value;
  if (typeof value !== 'object' || value === null) return;
  for (const member of Object.values(value)) yield* objectsIn(member);
}

/** Every string inside a value. */
function* stringsIn(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value;
  if (typeof value !== 'object' || value === null) return;
  for (const member of Object.values(value)) yield* stringsIn(member);
}

function expressionErrors(definition: unknown): string[] {
  return [...stringsIn(definition)].flatMap((text) => {
    const [, expression] = /^\{%(.*)%\}$/s.exec(text) ?? [];
    if (expression === undefined) return text.includes('{%') ? [`not wholly an expression: ${text}`] : [];
    try {
      jsonata(expression);
      return [];
    } catch (cause) {
      return [`${isFields(cause) ? String(cause['message']) : String(cause)}: ${expression}`];
    }
  });
}

/** Errors that say "try again"; a timeout, or an error of the engine's own, is an answer. */
const notTransient = new Set(['States.ALL', 'States.TaskFailed', 'States.Timeout']);

const Retry = z.array(
  z.looseObject({
    ErrorEquals: z.array(z.string()),
    JitterStrategy: z.literal('FULL'),
    MaxDelaySeconds: z.number(),
    MaxAttempts: z.number(),
  }),
);

function taskErrors(task: Fields): string[] {
  const errors = [];
  if (task['TimeoutSeconds'] === undefined) errors.push('a Task without TimeoutSeconds');
  if (task['HeartbeatSeconds'] !== undefined) errors.push('a Task with HeartbeatSeconds: the engine owns liveness');
  const retry = Retry.safeParse(task['Retry']);
  if (!retry.success) errors.push('a Task whose Retry lacks full jitter, a largest delay or a number of attempts');
  const names = retry.data?.flatMap((rule) => rule.ErrorEquals) ?? [];
  for (const name of names) if (notTransient.has(name)) errors.push(`a Task that retries ${name}`);
  return errors;
}

function ruleErrors(definition: unknown): string[] {
  if (!isFields(definition)) return ['the definition is no object'];
  const errors = [];
  if (definition['QueryLanguage'] !== 'JSONata') errors.push('QueryLanguage is not JSONata');
  if (typeof definition['Comment'] !== 'string') errors.push('no Comment that states the coordination rule');
  if (typeof definition['TimeoutSeconds'] !== 'number') errors.push('no TimeoutSeconds at the top');
  return [...errors, ...[...objectsIn(definition)].filter((state) => state['Type'] === 'Task').flatMap(taskErrors)];
}

/**
 * What is wrong with a state machine's definition: by the language's specification, in its expressions, and by the rules
 * of this project. `${Substitutions}` may still be in it.
 */
export function validateDefinition(text: string): string[] {
  const definition: unknown = JSON.parse(text.replaceAll(/\$\{\w+\}/g, 'https://substituted.example/value'));
  return [...specificationErrors(definition), ...expressionErrors(definition), ...ruleErrors(definition)];
}

/** Validates every definition of a folder. Returns the number of those with errors, having printed them. */
function validateFolder(folder: string): number {
  const files = readdirSync(folder).filter((file) => file.endsWith('.asl.json'));
  const failing = files.filter((file) => {
    const errors = validateDefinition(readFileSync(join(folder, file), 'utf8'));
    console.log(
      errors.length === 0 ? `ok    ${file}` : `wrong ${file}\n${errors.map((error) => `  ${error}`).join('\n')}`,
    );
    return errors.length > 0;
  });
  return failing.length;
}

if (import.meta.main) {
  process.exitCode = validateFolder(fileURLToPath(new URL('../statemachines', import.meta.url))) === 0 ? 0 : 1;
}
