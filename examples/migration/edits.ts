/** A replacement of a stretch of text. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A module cannot be migrated by rule; the message says what a person has to look at. */
export class CannotMigrateError extends Error {
  override readonly name = 'CannotMigrateError';
}

/** The text with all replacements done. The same replacement twice is done once. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  let result = '';
  let from = 0;
  for (const edit of edits.toSorted((left, right) => left.start - right.start || left.end - right.end)) {
    if (edit.start < from) continue;
    result += text.slice(from, edit.start) + edit.text;
    from = edit.end;
  }
  return result + text.slice(from);
}
