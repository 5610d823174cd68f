/** Size limit of a state's input, output, arguments and result, and of what one `Assign` stores. @see https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html */
export const maxDataBytes = 262_144;

/** Whether `value` is a JSON object (not null, not an array). */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** JSON text of a value that came from JSON; `undefined` is written as null. */
export function toJson(value: unknown): string {
  return JSON.stringify(value) ?? 'null';
}

/** Whether the JSON text of `value` is larger than a state may carry. */
export function isOversize(value: unknown): boolean {
  return Buffer.byteLength(toJson(value), 'utf8') > maxDataBytes;
}

/** Parses JSON text, or answers undefined when it is not JSON. */
export function parseJson(text: string): { readonly value: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return { value };
  } catch {
    return undefined;
  }
}

/** The JSON type name that AWS prints in its messages. */
export function jsonTypeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
