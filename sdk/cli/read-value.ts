import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import * as z from 'zod';
import { sayFault } from '../../core/contract/first-fault.ts';
import type { Json } from '../../core/contract/json.ts';
import { CliError } from './failure.ts';
import type { InputStream, Surroundings } from './surroundings.ts';

const JsonValue: z.ZodType<Json> = z.json();

/** A stream to its end, as text. */
export const readAll = async (stream: InputStream): Promise<string> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream)
    chunks.push(chunk instanceof Uint8Array ? chunk : new TextEncoder().encode(String(chunk)));
  return Buffer.concat(chunks).toString('utf8');
};

const looksInline = (given: string): boolean => /^\s*(?:[[{"]|-?\d|true\s*$|false\s*$|null\s*$)/.test(given);

const readGiven = async (surroundings: Surroundings, option: string, given: string): Promise<string> => {
  if (given === '-') return readAll(surroundings.stdin);
  const path = resolve(surroundings.directory, given.replace(/^@/, ''));
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new CliError(`${option}: ${path} cannot be read, and is no JSON itself.`, {
      cause,
      hint: `Give a file, - for standard input, or JSON in quotes: ${option} '{"text":"hello"}'`,
    });
  }
};

/**
 * A JSON value as people give it: the JSON itself, a file of it, or `-` for standard input.
 * @throws {@link CliError} that names the option and what of it is no JSON
 */
export const readValue = async (surroundings: Surroundings, option: string, given: string): Promise<Json> => {
  const isInline = looksInline(given);
  const text = isInline ? given : await readGiven(surroundings, option, given);
  try {
    return JsonValue.parse(JSON.parse(text));
  } catch (cause) {
    const where = isInline ? '' : `${given === '-' ? 'standard input' : given}: `;
    const what = cause instanceof Error ? cause.message : String(cause);
    throw new CliError(`${option}: ${where}no JSON: ${what}`, { cause, hint: 'Strings and names need double quotes.' });
  }
};

/** A JSON value in a shape. @throws {@link CliError} that names the fields that do not fit */
export const readShape = async <Shape extends z.ZodType>(
  surroundings: Surroundings,
  {
    option,
    given,
    shape,
    of,
  }: { readonly option: string; readonly given: string; readonly shape: Shape; readonly of: string },
): Promise<z.infer<Shape>> => {
  const value = await readValue(surroundings, option, given);
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new CliError(`${option} is no ${of}: ${sayFault(parsed.error, value)}`);
};
