import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import { AwsError, type Clock, type JsonService } from '../contract.ts';

/** A secret as the template declares it; `initialValue` is asked only for a secret that has no value yet. */
export interface SecretDefinition {
  readonly name: string;
  readonly arn: string;
  readonly description?: string | undefined;
  /** Text that, when it changes, makes the value be written again: the template's own `SecretString`. */
  readonly declaredValue?: string | undefined;
  initialValue(): string;
}

/** Secrets Manager: the values of declared secrets, kept in SQLite. */
export interface SecretsService extends JsonService {
  /** Declares a secret; an existing one keeps its value unless its declared value changed. */
  addSecret(definition: SecretDefinition): void;
  /** The arn of a secret by name, arn, or arn without its random suffix; a made-up one when there is none such. */
  arnOf(id: string): string;
}

const schema = `
  CREATE TABLE IF NOT EXISTS secrets (
    arn TEXT PRIMARY KEY, name TEXT NOT NULL, description TEXT, declared TEXT, created_at INTEGER NOT NULL
  );
  CREATE TABLE IF NOT EXISTS secret_versions (
    arn TEXT NOT NULL, version_id TEXT NOT NULL, value TEXT NOT NULL, stage TEXT, created_at INTEGER NOT NULL,
    PRIMARY KEY (arn, version_id)
  );
`;

const Secret = z.looseObject({
  arn: z.string(),
  name: z.string(),
  description: z.string().nullable(),
  declared: z.string().nullable(),
  created_at: z.number(),
});
type Secret = z.infer<typeof Secret>;
const Version = z.looseObject({
  version_id: z.string(),
  value: z.string(),
  stage: z.string().nullable(),
  created_at: z.number(),
});

const ById = z.looseObject({ SecretId: z.string() });
const GetInput = ById.extend({ VersionId: z.string().optional(), VersionStage: z.string().optional() });
const CreateInput = z.looseObject({
  Name: z.string().min(1).max(512),
  SecretString: z.string(),
  Description: z.string().optional(),
});
const PutInput = ById.extend({ SecretString: z.string(), ClientRequestToken: z.string().optional() });

/** Opens the secrets kept in a database. */
export function createSecrets(options: {
  readonly database: DatabaseSync;
  readonly clock: Clock;
  readonly region: string;
  readonly accountId: string;
}): SecretsService {
  return new SqliteSecrets(options);
}

class SqliteSecrets implements SecretsService {
  readonly #options: { database: DatabaseSync; clock: Clock; region: string; accountId: string };

  constructor(options: { database: DatabaseSync; clock: Clock; region: string; accountId: string }) {
    this.#options = options;
    options.database.exec(schema);
  }

  addSecret(definition: SecretDefinition): void {
    const { database, clock } = this.#options;
    const existing = this.#find(definition.arn);
    const declared = definition.declaredValue ?? null;
    if (existing !== undefined && existing.declared === declared) return;
    database
      .prepare(
        `INSERT INTO secrets VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (arn) DO UPDATE SET declared = excluded.declared, description = excluded.description`,
      )
      .run(definition.arn, definition.name, definition.description ?? null, declared, clock.now());
    this.#put(definition.arn, definition.initialValue(), randomUUID());
  }

  arnOf(id: string): string {
    const { region, accountId } = this.#options;
    return (
      this.#find(id)?.arn ?? (id.startsWith('arn:') ? id : `arn:aws:secretsmanager:${region}:${accountId}:secret:${id}`)
    );
  }

  async handle(operation: string, input: Record<string, unknown>): Promise<Record<string, unknown>> {
    switch (operation) {
      case 'GetSecretValue':
        return this.#getValue(parse(GetInput, input));
      case 'CreateSecret':
        return this.#create(parse(CreateInput, input));
      case 'PutSecretValue':
        return this.#putValue(parse(PutInput, input));
      case 'DescribeSecret':
        return this.#describe(this.#require(parse(ById, input).SecretId));
      case 'ListSecrets':
        return { SecretList: this.#all().map((secret) => this.#describe(secret)) };
      default:
        throw new AwsError('InvalidRequestException', `secretsmanager:${operation} does not run locally`);
    }
  }

  /** The arn's last six characters are made up, as the service's are. */
  #create({
    Name: name,
    SecretString: value,
    Description: description,
  }: z.infer<typeof CreateInput>): Record<string, unknown> {
    if (this.#all().some((secret) => secret.name === name))
      throw new AwsError('ResourceExistsException', `The operation failed because the secret ${name} already exists.`);
    const { region, accountId } = this.#options;
    const arn = `arn:aws:secretsmanager:${region}:${accountId}:secret:${name}-${randomUUID().slice(0, 6)}`;
    this.addSecret({ name, arn, description, initialValue: () => value });
    return { ARN: arn, Name: name };
  }

  #getValue(input: z.infer<typeof GetInput>): Record<string, unknown> {
    const secret = this.#require(input.SecretId);
    const stage = input.VersionStage ?? (input.VersionId === undefined ? 'AWSCURRENT' : undefined);
    const version = this.#versions(secret.arn).find(
      (one) =>
        (stage === undefined || one.stage === stage) &&
        (input.VersionId === undefined || one.version_id === input.VersionId),
    );
    if (version === undefined)
      throw notFound(`Secrets Manager can't find the specified secret value for ${stage ?? input.VersionId}`);
    return {
      ARN: secret.arn,
      Name: secret.name,
      VersionId: version.version_id,
      SecretString: version.value,
      VersionStages: version.stage === null ? [] : [version.stage],
      CreatedDate: version.created_at / 1000,
    };
  }

  #putValue(input: z.infer<typeof PutInput>): Record<string, unknown> {
    const secret = this.#require(input.SecretId);
    const versionId = input.ClientRequestToken ?? randomUUID();
    const repeated = this.#versions(secret.arn).find((version) => version.version_id === versionId);
    if (repeated !== undefined && repeated.value !== input.SecretString) {
      throw new AwsError('ResourceExistsException', `version ${versionId} already has another value`);
    }
    if (repeated === undefined) this.#put(secret.arn, input.SecretString, versionId);
    return { ARN: secret.arn, Name: secret.name, VersionId: versionId, VersionStages: ['AWSCURRENT'] };
  }

  #put(arn: string, value: string, versionId: string): void {
    const { database, clock } = this.#options;
    database.exec('BEGIN IMMEDIATE');
    const move = database.prepare('UPDATE secret_versions SET stage = ? WHERE arn = ? AND stage = ?');
    move.run(null, arn, 'AWSPREVIOUS');
    move.run('AWSPREVIOUS', arn, 'AWSCURRENT');
    database
      .prepare('INSERT INTO secret_versions VALUES (?, ?, ?, ?, ?)')
      .run(arn, versionId, value, 'AWSCURRENT', clock.now());
    database.exec('COMMIT');
  }

  #describe(secret: Secret): Record<string, unknown> {
    const stages = this.#versions(secret.arn).flatMap((version) =>
      version.stage === null ? [] : [[version.version_id, [version.stage]] as const],
    );
    return {
      ARN: secret.arn,
      Name: secret.name,
      ...(secret.description !== null && { Description: secret.description }),
      CreatedDate: secret.created_at / 1000,
      VersionIdsToStages: Object.fromEntries(stages),
    };
  }

  #require(id: string): Secret {
    const secret = this.#find(id);
    if (secret === undefined) throw notFound("Secrets Manager can't find the specified secret.");
    return secret;
  }

  #find(id: string): Secret | undefined {
    return this.#all().find(
      (secret) => secret.arn === id || secret.name === id || secret.arn.replace(/-[A-Za-z0-9]{6}$/, '') === id,
    );
  }

  #all(): readonly Secret[] {
    return z.array(Secret).parse(this.#options.database.prepare('SELECT * FROM secrets ORDER BY name').all());
  }

  #versions(arn: string): readonly z.infer<typeof Version>[] {
    const rows = this.#options.database.prepare('SELECT * FROM secret_versions WHERE arn = ?').all(arn);
    return z.array(Version).parse(rows);
  }
}

function notFound(message: string): AwsError {
  return new AwsError('ResourceNotFoundException', message);
}

function parse<Schema extends z.ZodType>(schema: Schema, input: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(input);
  if (!parsed.success) throw new AwsError('InvalidParameterException', z.prettifyError(parsed.error));
  return parsed.data;
}
