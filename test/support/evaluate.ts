import type { Change, Clauses, Condition, Item, Update } from '#core/table/table.ts';
import { checkPaths, readPath, TableValidationError, toPlain, withPath } from './item-paths.ts';

type Leaf = Exclude<Condition, { readonly is: 'any' | 'all' }>;

/** A comparison with an absent attribute or one of another type is false; of these, `notEqual` differs by type. */
const compares = (condition: Leaf, value: unknown): boolean => {
  switch (condition.is) {
    case 'present':
      return true;
    case 'absent':
      return false;
    case 'equal':
      return value === condition.value;
    case 'notEqual':
      return value !== condition.value;
    case 'atLeast':
      return typeof value === 'number' && value >= condition.value;
    case 'atMost':
      return typeof value === 'number' && value <= condition.value;
    default:
      return typeof value === 'string' && condition.values.includes(value);
  }
};

const holds = (condition: Condition, item: Item | undefined): boolean => {
  if (condition.is === 'any') {
    return condition.of.some((part) => holds(part, item));
  }
  if (condition.is === 'all') {
    return condition.of.every((part) => holds(part, item));
  }
  const value = readPath(item, condition.path);
  return value === undefined ? condition.is === 'absent' : compares(condition, value);
};

const checkCondition = (condition: Condition): void => {
  if (condition.is === 'any' || condition.is === 'all') {
    condition.of.forEach(checkCondition);
  }
  const parts = condition.is === 'oneOf' ? condition.values : 'of' in condition ? condition.of : ['one'];
  if (parts.length === 0 || (condition.is === 'oneOf' && parts.length > 100)) {
    throw new TableValidationError(`${condition.is} takes 1 to 100 parts, not ${parts.length}`);
  }
};

/** Refuses what DynamoDB refuses before it looks at the item. */
export const checkClauses = (clauses: Clauses): void => Object.values(clauses).forEach(checkCondition);

/** Whether all clauses hold on the item as it is; an absent item has no attributes. */
export const allHold = (clauses: Clauses, item: Item | undefined): boolean =>
  Object.values(clauses).every((condition) => holds(condition, item));

const sumOf = (change: Extract<Change, { readonly plus: number }>, old: unknown): unknown => {
  const from = old === undefined ? change.from : old;
  if (from === undefined) {
    throw new TableValidationError(
      `The provided expression refers to an attribute that does not exist in the item: ${change.path.join('.')}`,
    );
  }
  if (typeof from !== 'number') {
    throw new TableValidationError(
      `An operand in the update expression has an incorrect data type: ${change.path.join('.')}`,
    );
  }
  const sum = from + change.plus;
  // The table adds decimally: 0.1 and 0.2 are 0.3.
  return toPlain(Number.isInteger(sum) ? sum : Number(sum.toPrecision(15)));
};

const newValue = (change: Change, item: Item): unknown => {
  const old = readPath(item, change.path);
  if ('plus' in change) {
    return sumOf(change, old);
  }
  const given = toPlain('to' in change ? change.to : change.default);
  return 'to' in change || old === undefined ? given : old;
};

const checkValues = (update: Update): void => {
  for (const change of update.set) {
    if ('to' in change || 'default' in change) {
      toPlain('to' in change ? change.to : change.default);
    }
  }
};

/** Refuses what DynamoDB refuses before it looks at the item. */
export const checkUpdate = (update: Update): void => {
  checkPaths([...update.set.map((change) => change.path), ...(update.remove ?? [])]);
  checkValues(update);
};

/**
 * The item after an update; every value is worked out from the item as it was. An update that only removes creates no
 * item, whatever it removes; one that changes nothing at all does.
 */
export const applyUpdate = (update: Update, old: Item | undefined): Item | undefined => {
  const removed = update.remove ?? [];
  if (old === undefined && update.set.length === 0 && removed.length > 0) {
    return undefined;
  }
  const start: Item = old ?? { ...update.key };
  const values = update.set.map((change) => ({ path: change.path, value: newValue(change, start) }));
  const changed = values.reduce((item, { path, value }) => withPath(item, path, value), start);
  return removed.reduce((item, path) => withPath(item, path, undefined), changed);
};
