import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import { AwsError, type JsonService } from '../contract.ts';

/** A parameter of Systems Manager's Parameter Store, as the template declares it. */
export interface ParameterDefinition {
  readonly name: string;
  readonly type: string;
  readonly value: string;
}

/** Parameter Store: the parameters that the template declares, and those that are put while it runs. */
export interface ParametersService extends JsonService {
  addParameter(definition: ParameterDefinition): void;
}

const GetInput = z.looseObject({ Name: z.string() });
const PutInput = z.looseObject({
  Name: z.string().min(1).max(1011),
  Value: z.string().min(1).max(8192),
  Type: z.enum(['String', 'StringList', 'SecureString']).default('String'),
  Overwrite: z.boolean().default(false),
});
const GetManyInput = z.looseObject({ Names: z.array(z.string()).max(10) });

const schema = `
  CREATE TABLE IF NOT EXISTS parameters (
    name TEXT PRIMARY KEY, type TEXT NOT NULL, value TEXT NOT NULL, version INTEGER NOT NULL
  );
`;

const Row = z.looseObject({ name: z.string(), type: z.string(), value: z.string(), version: z.number() });
type Row = z.infer<typeof Row>;

/** Opens the parameters kept in a database. */
export function createParameters(options: {
  readonly database: DatabaseSync;
  readonly region: string;
  readonly accountId: string;
}): ParametersService {
  const { database, region, accountId } = options;
  database.exec(schema);
  const find = (name: string): Row | undefined =>
    Row.optional().parse(database.prepare('SELECT * FROM parameters WHERE name = ?').get(name));
  /** What is said again keeps its version. */
  const put = ({ name, type, value }: ParameterDefinition): number => {
    const known = find(name);
    if (known?.value === value && known.type === type) return known.version;
    const version = (known?.version ?? 0) + 1;
    database.prepare('INSERT OR REPLACE INTO parameters VALUES (?, ?, ?, ?)').run(name, type, value, version);
    return version;
  };
  const present = ({ name, type, value, version }: Row): Record<string, unknown> => ({
    Name: name,
    Type: type,
    Value: value,
    Version: version,
    ARN: `arn:aws:ssm:${region}:${accountId}:parameter/${name.replace(/^\//, '')}`,
    DataType: 'text',
  });
  return {
    addParameter: (definition) => void put(definition),
    async handle(operation, input) {
      if (operation === 'GetParameter') {
        const parameter = find(GetInput.parse(input).Name);
        if (parameter === undefined) throw new AwsError('ParameterNotFound', 'the parameter does not exist');
        return { Parameter: present(parameter) };
      }
      if (operation === 'PutParameter') {
        const { Name: name, Type: type, Value: value, Overwrite: overwrite } = PutInput.parse(input);
        if (!overwrite && find(name) !== undefined)
          throw new AwsError('ParameterAlreadyExists', `The parameter ${name} already exists.`);
        return { Version: put({ name, type, value }), Tier: 'Standard' };
      }
      if (operation !== 'GetParameters') {
        throw new AwsError('InvalidRequestException', `ssm:${operation} does not run locally`);
      }
      const { Names: names } = GetManyInput.parse(input);
      return {
        Parameters: names.flatMap((name) => find(name) ?? []).map(present),
        InvalidParameters: names.filter((name) => find(name) === undefined),
      };
    },
  };
}
