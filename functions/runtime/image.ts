import * as z from 'zod';
import type { Item } from '#core/table/table.ts';

/** @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_AttributeValue.html */
const AttributeValue: z.ZodType = z.lazy(() =>
  z.union([
    z.strictObject({ S: z.string() }).transform(({ S }) => S),
    z.strictObject({ N: z.string() }).transform(({ N }) => Number(N)),
    z.strictObject({ BOOL: z.boolean() }).transform(({ BOOL }) => BOOL),
    z.strictObject({ NULL: z.boolean() }).transform(() => null),
    z.strictObject({ M: z.record(z.string(), AttributeValue) }).transform(({ M }) => M),
    z.strictObject({ L: z.array(AttributeValue) }).transform(({ L }) => L),
  ]),
);

/** An item as the stream shows it, made plain. The table holds no sets and no binary values. */
export const Image: z.ZodType<Item> = z.record(z.string(), AttributeValue);
