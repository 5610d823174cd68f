import { randomInt } from 'node:crypto';
import * as z from 'zod';

/** `GenerateSecretString` of AWS::SecretsManager::Secret. */
export const GenerateSecretString = z.strictObject({
  PasswordLength: z.coerce.number().int().min(1).max(4096).default(32),
  ExcludeCharacters: z.string().default(''),
  ExcludeLowercase: z.boolean().default(false),
  ExcludeNumbers: z.boolean().default(false),
  ExcludePunctuation: z.boolean().default(false),
  ExcludeUppercase: z.boolean().default(false),
  IncludeSpace: z.boolean().default(false),
  RequireEachIncludedType: z.boolean().default(true),
  SecretStringTemplate: z.string().optional(),
  GenerateStringKey: z.string().optional(),
});
export type GenerateSecretString = z.infer<typeof GenerateSecretString>;

const lowercase = 'abcdefghijklmnopqrstuvwxyz';
const uppercase = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const numbers = '0123456789';
const punctuation = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';

/** A secret as Secrets Manager generates it: a password, inside the template's JSON object when there is one. */
export function generateSecret(options: GenerateSecretString): string {
  const password = generatePassword(options);
  const { SecretStringTemplate: template, GenerateStringKey: key } = options;
  if (template === undefined || key === undefined) return password;
  const object = z.record(z.string(), z.unknown()).parse(JSON.parse(template));
  return JSON.stringify({ ...object, [key]: password });
}

function generatePassword(options: GenerateSecretString): string {
  const allowed = (characters: string, isExcluded: boolean): string =>
    isExcluded
      ? ''
      : characters
          .split('')
          .filter((character) => !options.ExcludeCharacters.includes(character))
          .join('');
  const types = [
    allowed(lowercase, options.ExcludeLowercase),
    allowed(uppercase, options.ExcludeUppercase),
    allowed(numbers, options.ExcludeNumbers),
    allowed(punctuation, options.ExcludePunctuation),
    allowed(' ', !options.IncludeSpace),
  ].filter((characters) => characters !== '');
  const alphabet = types.join('');
  const required = options.RequireEachIncludedType ? types.map(pick) : [];
  const free = Array.from({ length: Math.max(0, options.PasswordLength - required.length) }, () => pick(alphabet));
  return shuffle([...required, ...free])
    .slice(0, options.PasswordLength)
    .join('');
}

function pick(characters: string): string {
  return characters.charAt(randomInt(characters.length));
}

function shuffle(characters: readonly string[]): readonly string[] {
  return characters
    .map((character) => ({ character, order: randomInt(2 ** 32) }))
    .toSorted((left, right) => left.order - right.order)
    .map(({ character }) => character);
}
