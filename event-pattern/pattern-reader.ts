import { InvalidEventPatternError } from './invalid-event-pattern-error.ts';
import { describeLocation, JsonCursor, JsonSyntaxError, type JsonTokenKind } from './json-cursor.ts';

/** Walks a pattern's JSON and refuses it in AWS's words, at AWS's place, remembering the field it stands in. */
export class PatternReader {
  private readonly cursor: JsonCursor;
  private readonly path: string[] = [];

  constructor(source: string) {
    this.cursor = new JsonCursor(source);
  }

  get kind(): JsonTokenKind {
    return this.cursor.kind;
  }

  next(): JsonTokenKind {
    try {
      const kind = this.cursor.next();
      if (kind !== 'end-of-input') return kind;
    } catch (error) {
      if (error instanceof JsonSyntaxError) this.refuseAt(error.message, error.offset);
      throw error;
    }
    return 'end-of-input';
  }

  expectNext(kind: JsonTokenKind, message: string): void {
    if (this.next() !== kind) this.refuse(message);
  }

  text(): string {
    return this.cursor.text();
  }

  /** The token as it reads in the pattern, for messages about a token of the wrong kind. */
  rawText(): string {
    const marks: Partial<Record<JsonTokenKind, string>> = {
      'start-array': '[',
      'end-array': ']',
      'start-object': '{',
      'end-object': '}',
    };
    return marks[this.kind] ?? this.text();
  }

  enter(field: string): void {
    this.path.push(field);
  }

  leave(): void {
    this.path.pop();
  }

  /** The dotted name under which the event's value is looked up: dots inside names count as nesting, as on AWS. */
  fieldPath(field: string): string {
    return [...this.path, field].join('.');
  }

  refuse(reason: string): never {
    this.refuseAt(reason, this.cursor.offset);
  }

  refuseWithoutPlace(reason: string): never {
    throw new InvalidEventPatternError(reason, this.path.join('.'));
  }

  private refuseAt(reason: string, offset: number): never {
    this.refuseWithoutPlace(`${reason}\n ${describeLocation(this.cursor.source, offset)}`);
  }
}
