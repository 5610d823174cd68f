import { JsonCursor, JsonSyntaxError } from './json-cursor.ts';

/** Which element of which array of the event a value stands in. */
export type ArrayMembership = ReadonlyMap<number, number>;

/** A leaf of the event; a string keeps its quotes. */
interface EventValue {
  readonly text: string;
  readonly membership: ArrayMembership;
}

/** The leaves of an event by dotted path. */
export type FlatEvent = ReadonlyMap<string, readonly EventValue[]>;

/** The event is not a JSON object. */
export class InvalidEventError extends Error {
  override readonly name = 'InvalidEventError';
}

class EventFlattener {
  readonly values = new Map<string, EventValue[]>();
  private readonly cursor: JsonCursor;
  private arrayCount = 0;

  constructor(source: string) {
    this.cursor = new JsonCursor(source);
    if (this.cursor.next() !== 'start-object') throw new InvalidEventError('Event must be a JSON object');
    this.readObject('', new Map());
  }

  private readObject(path: string, membership: ArrayMembership): void {
    while (this.cursor.next() !== 'end-object') {
      const name = this.cursor.text();
      this.cursor.next();
      this.readValue(path === '' ? name : `${path}.${name}`, membership);
    }
  }

  private readArray(path: string, membership: ArrayMembership): void {
    const arrayId = this.arrayCount;
    this.arrayCount += 1;
    for (let index = 0; this.cursor.next() !== 'end-array'; index += 1) {
      // Elements that are plain values do not bind the rest of the pattern to their index; objects and arrays do.
      const isNested = this.cursor.kind === 'start-object' || this.cursor.kind === 'start-array';
      this.readValue(path, isNested ? new Map([...membership, [arrayId, index]]) : membership);
    }
  }

  private readValue(path: string, membership: ArrayMembership): void {
    if (this.cursor.kind === 'start-object') return this.readObject(path, membership);
    if (this.cursor.kind === 'start-array') return this.readArray(path, membership);
    const text = this.cursor.kind === 'string' ? `"${this.cursor.text()}"` : this.cursor.text();
    const values = this.values.get(path) ?? [];
    values.push({ text, membership });
    this.values.set(path, values);
  }
}

/** @throws {@link InvalidEventError} when the text is not a JSON object */
export function flattenEvent(source: string): FlatEvent {
  try {
    return new EventFlattener(source).values;
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw new InvalidEventError(`${error.message} at offset ${error.offset}`);
    throw error;
  }
}
