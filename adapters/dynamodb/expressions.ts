import type { Change, Clauses, Condition, Path, Put, Query, Remove, Update } from '#core/table/table.ts';
import { decodeCursor, queriedKeys, type StartKey } from './cursors.ts';

/** A request that no state of the table could make right; refused before it is sent, under the service's own name. */
export class InvalidRequestError extends Error {
  override readonly name = 'ValidationException';
}

type Value = unknown;

interface Aliases {
  readonly name: (attribute: string) => string;
  readonly path: (path: Path) => string;
  readonly value: (value: Value) => string;
  /** What the request needs beside its expressions; absent where empty, as the service demands. */
  readonly parameters: () => {
    readonly ExpressionAttributeNames?: Record<string, string>;
    readonly ExpressionAttributeValues?: Record<string, Value>;
  };
}

/** Every name is aliased, so that reserved words and dots in names are safe. */
const createAliases = (): Aliases => {
  const names = new Map<string, string>();
  const values: Record<string, Value> = {};
  const name = (attribute: string): string => {
    const alias = names.get(attribute) ?? `#n${names.size}`;
    names.set(attribute, alias);
    return alias;
  };
  return {
    name,
    path: (path) => path.map(name).join('.'),
    value: (value) => {
      if (value === undefined) {
        throw new InvalidRequestError('A change or condition has no value');
      }
      const alias = `:v${Object.keys(values).length}`;
      values[alias] = value;
      return alias;
    },
    parameters: () => ({
      ...(names.size > 0 && {
        ExpressionAttributeNames: Object.fromEntries([...names].map(([attribute, alias]) => [alias, attribute])),
      }),
      ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
    }),
  };
};

const joined = (parts: readonly string[], operator: 'AND' | 'OR'): string => {
  if (parts.length === 0) {
    throw new InvalidRequestError('A condition of several parts has none');
  }
  return parts.length === 1 ? parts.join('') : `(${parts.join(` ${operator} `)})`;
};

const toOneOf = (path: string, values: readonly string[], aliases: Aliases): string => {
  if (values.length === 0 || values.length > 100) {
    throw new InvalidRequestError(`oneOf takes 1 to 100 values, not ${values.length}`);
  }
  return `${path} IN (${values.map((value) => aliases.value(value)).join(', ')})`;
};

const toExpression = (condition: Condition, aliases: Aliases): string => {
  if (condition.is === 'any' || condition.is === 'all') {
    const parts = condition.of.map((part) => toExpression(part, aliases));
    return joined(parts, condition.is === 'any' ? 'OR' : 'AND');
  }
  const path = aliases.path(condition.path);
  switch (condition.is) {
    case 'present':
      return `attribute_exists(${path})`;
    case 'absent':
      return `attribute_not_exists(${path})`;
    case 'equal':
      return `${path} = ${aliases.value(condition.value)}`;
    case 'notEqual':
      // Alone, <> is true of an absent attribute.
      return `(attribute_exists(${path}) AND ${path} <> ${aliases.value(condition.value)})`;
    case 'atLeast':
      return `${path} >= ${aliases.value(condition.value)}`;
    case 'atMost':
      return `${path} <= ${aliases.value(condition.value)}`;
    default:
      return toOneOf(path, condition.values, aliases);
  }
};

/** The clauses in the order of their names, so that equal guards are equal text. */
const guardOf = (clauses: Clauses, aliases: Aliases): { readonly ConditionExpression?: string } => {
  const parts = Object.entries(clauses)
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([, condition]) => toExpression(condition, aliases));
  return parts.length === 0 ? {} : { ConditionExpression: parts.join(' AND ') };
};

const toAssignment = (change: Change, aliases: Aliases): string => {
  const path = aliases.path(change.path);
  if ('to' in change) {
    return `${path} = ${aliases.value(change.to)}`;
  }
  if ('default' in change) {
    return `${path} = if_not_exists(${path}, ${aliases.value(change.default)})`;
  }
  const old = change.from === undefined ? path : `if_not_exists(${path}, ${aliases.value(change.from)})`;
  return `${path} = ${old} + ${aliases.value(change.plus)}`;
};

const changesOf = (update: Update, aliases: Aliases): { readonly UpdateExpression?: string } => {
  const set = update.set.map((change) => toAssignment(change, aliases));
  const remove = (update.remove ?? []).map((path) => aliases.path(path));
  const parts = [
    ...(set.length > 0 ? [`SET ${set.join(', ')}`] : []),
    ...(remove.length > 0 ? [`REMOVE ${remove.join(', ')}`] : []),
  ];
  return parts.length === 0 ? {} : { UpdateExpression: parts.join(' ') };
};

/** The loser of a conditional write is shown what it lost to, at no extra cost. */
const onLoss = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const;

/**
 * The request of a conditional put: the item is replaced whole, or nothing happens and the loser sees what is there.
 *
 * @throws {@link InvalidRequestError} for a clause without a value or without parts.
 */
export const putParameters = (tableName: string, put: Put) => {
  const aliases = createAliases();
  const guard = guardOf(put.clauses, aliases);
  const item = { ...put.item, pk: put.key.pk, sk: put.key.sk };
  return { TableName: tableName, Item: item, ...guard, ...aliases.parameters(), ...onLoss };
};

/**
 * The request of a conditional update: answers the item as it is afterwards, or to the loser as it is.
 *
 * @throws {@link InvalidRequestError} for a change or clause without a value.
 */
export const updateParameters = (tableName: string, update: Update) => {
  const aliases = createAliases();
  const changes = changesOf(update, aliases);
  const guard = guardOf(update.clauses, aliases);
  return {
    TableName: tableName,
    Key: { pk: update.key.pk, sk: update.key.sk },
    ...changes,
    ...guard,
    ...aliases.parameters(),
    ReturnValues: 'ALL_NEW' as const,
    ...onLoss,
  };
};

/**
 * The request of a conditional removal: answers the item as it was.
 *
 * @throws {@link InvalidRequestError} for a clause without a value or without parts.
 */
export const removeParameters = (tableName: string, remove: Remove) => {
  const aliases = createAliases();
  const guard = guardOf(remove.clauses, aliases);
  return {
    TableName: tableName,
    Key: { pk: remove.key.pk, sk: remove.key.sk },
    ...guard,
    ...aliases.parameters(),
    ReturnValues: 'ALL_OLD' as const,
    ...onLoss,
  };
};

const sortConditions = (query: Query, sortKey: string, aliases: Aliases): readonly string[] => [
  ...(query.prefix === undefined ? [] : [`begins_with(${aliases.name(sortKey)}, ${aliases.value(query.prefix)})`]),
  ...(query.from === undefined ? [] : [`${aliases.name(sortKey)} >= ${aliases.value(query.from)}`]),
  ...(query.upTo === undefined ? [] : [`${aliases.name(sortKey)} <= ${aliases.value(query.upTo)}`]),
];

const startOf = (query: Query): { readonly ExclusiveStartKey?: StartKey } =>
  query.cursor === undefined ? {} : { ExclusiveStartKey: decodeCursor(query, query.cursor) };

/** @throws InvalidFieldError for a cursor that is not of this query. */
export const queryParameters = (tableName: string, query: Query) => {
  const aliases = createAliases();
  const { partitionKey, sortKey } = queriedKeys(query);
  const bounds = sortConditions(query, sortKey, aliases);
  if (bounds.length > 1 || [query.partition, query.prefix, query.from, query.upTo].includes('')) {
    throw new InvalidRequestError('A query takes a partition and at most one bound, none of them empty');
  }
  const partition = `${aliases.name(partitionKey)} = ${aliases.value(query.partition)}`;
  return {
    TableName: tableName,
    ...(query.index !== undefined && { IndexName: query.index }),
    KeyConditionExpression: [partition, ...bounds].join(' AND '),
    ...aliases.parameters(),
    Limit: query.limit,
    ScanIndexForward: query.descending !== true,
    ConsistentRead: query.consistent === true,
    ...startOf(query),
  };
};
