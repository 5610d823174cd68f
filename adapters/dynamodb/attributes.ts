import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import type { Item } from '#core/table/table.ts';

/** An item, a key or named values as the service reads and writes them. */
export type Attributes = Record<string, AttributeValue>;

/** Undefined values are left out; empty strings stay. */
export const toAttributes = (values: Readonly<Record<string, unknown>>): Attributes =>
  marshall(values, { removeUndefinedValues: true });

export const fromAttributes = (attributes: Attributes): Item => unmarshall(attributes);
