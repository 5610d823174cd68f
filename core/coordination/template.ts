import type { Json } from '../contract/json.ts';
import { InvalidFieldError } from '../errors/errors.ts';

/** A path inside `{{ }}`, split at its dots: `steps.syntax.output.0.line`. */
export type TemplatePath = readonly string[];

const marker = /\{\{\s*([A-Za-z0-9_.-]+)\s*\}\}/g;
/** What is shown of a mistake. */
const shownLength = 80;
const whole = /^\{\{\s*([A-Za-z0-9_.-]+)\s*\}\}$/;

/** The path that a string wholly is, if it is one. */
export const wholePath = (text: string): TemplatePath | undefined => whole.exec(text.trim())?.[1]?.split('.');

/** Every path that a template names, for checking it before anything runs. */
export const pathsIn = (template: Json): readonly TemplatePath[] => {
  if (typeof template === 'string') return [...template.matchAll(marker)].map((match) => (match[1] ?? '').split('.'));
  if (Array.isArray(template)) return template.flatMap(pathsIn);
  if (typeof template === 'object' && template !== null) return Object.values(template).flatMap(pathsIn);
  return [];
};

/** The text of what begins at `{{`, as far as its author meant it. */
const openedIn = (text: string): string | undefined => {
  const from = text.indexOf('{{');
  if (from < 0) return undefined;
  const to = text.indexOf('}}', from);
  return text.slice(from, to < 0 ? from + shownLength : Math.min(to + 2, from + shownLength));
};

const malformedText = (text: string): string | undefined => {
  const empty = [...text.matchAll(marker)].find(([, path = '']) => path.split('.').includes(''));
  return empty?.[0] ?? openedIn(text.replaceAll(marker, ' '));
};

/**
 * The first `{{` of a template that begins no path: `{{ input.url | upper }}`, `{{ input.a[0] }}`, one that is never closed.
 * Filled, it would stay as it is. Names of fields are no templates.
 */
export const malformedIn = (template: Json): string | undefined => {
  if (typeof template === 'string') return malformedText(template);
  if (typeof template !== 'object' || template === null) return undefined;
  for (const value of Object.values(template)) {
    const found = malformedIn(value);
    if (found !== undefined) return found;
  }
  return undefined;
};

/** What is to be said of what `malformedIn` found. */
export const sayMalformed = (found: string): string =>
  `"${found}" is no template: between {{ and }} stands one path and nothing else, such as input.url or input.list.0. There are no filters, brackets or quotes. A literal {{ can only come with a value.`;

/** The value at a path; `null` where there is none, as a failed step's output is. */
export const valueAt = (scope: Json, path: TemplatePath): Json => {
  let value: Json = scope;
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return null;
    value = Array.isArray(value)
      ? (value[Number(part)] ?? null)
      : Object.hasOwn(value, part)
        ? (value[part] ?? null)
        : null;
  }
  return value;
};

const asText = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** Fills a template: a string that is wholly a path becomes the value there, a path inside a string its text. Pure data; nothing is run. */
export const fillTemplate = (template: Json, scope: Json): Json => {
  if (typeof template === 'string') {
    const path = wholePath(template);
    return path === undefined
      ? template.replaceAll(marker, (_all, inner: string) => asText(valueAt(scope, inner.split('.'))))
      : valueAt(scope, path);
  }
  if (Array.isArray(template)) return template.map((element) => fillTemplate(element, scope));
  if (typeof template === 'object' && template !== null) {
    return Object.fromEntries(Object.entries(template).map(([name, value]) => [name, fillTemplate(value, scope)]));
  }
  return template;
};

/** The list that a `forEach` names. @throws InvalidFieldError when there is none at its path, or too long a one. */
export const listAt = (expression: string, scope: Json, limit: number): readonly Json[] => {
  const path = wholePath(expression);
  const value = path === undefined ? null : valueAt(scope, path);
  if (!Array.isArray(value)) throw new InvalidFieldError('forEach', `"${expression}" is not a list.`);
  if (value.length > limit)
    throw new InvalidFieldError(
      'forEach',
      `"${expression}" has ${value.length} elements; at most ${limit} are taken.`,
      { limit },
    );
  return value;
};
