import type { Item } from '#core/table/table.ts';

/** @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html */
export const tableLimits = { itemBytes: 400 * 1024, partitionKeyBytes: 2048, sortKeyBytes: 1024, levels: 32 } as const;

/** Overhead of a list or map, and of each thing in it. */
const containerBytes = 3;
const entryBytes = 1;

const numberBytes = (value: number): number => Math.ceil(String(Math.abs(value)).replace('.', '').length / 2) + 1;

const mapBytes = (item: Item): number =>
  Object.entries(item).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + valueBytes(value), 0);

const valueBytes = (value: unknown): number => {
  if (typeof value === 'string') {
    return Buffer.byteLength(value);
  }
  if (typeof value === 'number') {
    return numberBytes(value);
  }
  if (Array.isArray(value)) {
    return value.reduce<number>((sum, entry) => sum + entryBytes + valueBytes(entry), containerBytes);
  }
  if (typeof value === 'object' && value !== null) {
    const entries: Item = { ...value };
    return containerBytes + Object.keys(entries).length * entryBytes + mapBytes(entries);
  }
  return 1;
};

/**
 * Bytes that an item counts as, names included.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
export const itemBytes = (item: Item): number => mapBytes(item);
