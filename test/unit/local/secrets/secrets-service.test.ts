import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Clock } from '#local/contract.ts';
import { GenerateSecretString, generateSecret } from '#local/secrets/generate-secret.ts';
import { createParameters } from '#local/secrets/parameters-service.ts';
import { createSecrets, type SecretsService } from '#local/secrets/secrets-service.ts';

const place = { region: 'us-east-1', accountId: '000000000000' };
const clock: Clock = { now: () => 1_700_000_000_000, after: () => () => undefined };
const arn = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:key-ABC123';

let database: DatabaseSync;
let secrets: SecretsService;
beforeEach(() => {
  database = new DatabaseSync(':memory:');
  secrets = createSecrets({ database, clock, ...place });
});
afterEach(() => database.close());

const declare = (value: string, declaredValue?: string): void =>
  secrets.addSecret({ name: 'key', arn, declaredValue, initialValue: () => value });
const read = async (input: Record<string, unknown> = {}): Promise<unknown> =>
  (await secrets.handle('GetSecretValue', { SecretId: arn, ...input })).SecretString;

describe('createSecrets', () => {
  it.each([
    ['arn', arn],
    ['name', 'key'],
    ['arn without its suffix', arn.slice(0, -7)],
  ])('finds a secret by its %s', async (_by, id) => {
    declare('value');
    expect(await secrets.handle('GetSecretValue', { SecretId: id })).toMatchObject({
      ARN: arn,
      Name: 'key',
      SecretString: 'value',
      VersionStages: ['AWSCURRENT'],
      CreatedDate: 1_700_000_000,
    });
  });

  it('keeps a generated value when the stack starts again', async () => {
    declare('first');
    createSecrets({ database, clock, ...place });
    declare('second');
    expect(await read()).toBe('first');
  });

  it('takes a new declared value and keeps the one before as previous', async () => {
    declare('one', 'one');
    declare('two', 'two');
    expect(await read()).toBe('two');
    expect(await read({ VersionStage: 'AWSPREVIOUS' })).toBe('one');
  });

  it('puts a value once for each token', async () => {
    declare('first');
    const put = { SecretId: 'key', SecretString: 'second', ClientRequestToken: 'token-1' };
    await secrets.handle('PutSecretValue', put);
    await secrets.handle('PutSecretValue', put);
    expect(await read()).toBe('second');
    expect(await read({ VersionStage: 'AWSPREVIOUS' })).toBe('first');
    await expect(secrets.handle('PutSecretValue', { ...put, SecretString: 'other' })).rejects.toMatchObject({
      code: 'ResourceExistsException',
    });
  });

  it('describes and lists without values', async () => {
    declare('value');
    const described = await secrets.handle('DescribeSecret', { SecretId: 'key' });
    expect(Object.values(Object(described.VersionIdsToStages))).toEqual([['AWSCURRENT']]);
    expect(JSON.stringify(await secrets.handle('ListSecrets', {}))).not.toContain('value');
  });

  it.each([
    ['GetSecretValue', { SecretId: 'none' }, 'ResourceNotFoundException'],
    ['GetSecretValue', {}, 'InvalidParameterException'],
    ['RotateSecret', { SecretId: 'key' }, 'InvalidRequestException'],
  ])('answers %s %j with a named error', async (operation, input, code) => {
    await expect(secrets.handle(operation, input)).rejects.toMatchObject({ code });
  });
});

describe('generateSecret', () => {
  const generate = (options: Record<string, unknown>): string => generateSecret(GenerateSecretString.parse(options));

  it('puts the password into the template under its key', () => {
    const secret: unknown = JSON.parse(
      generate({ SecretStringTemplate: '{"issuer":"shop"}', GenerateStringKey: 'key', PasswordLength: 20 }),
    );
    expect(secret).toEqual({ issuer: 'shop', key: expect.stringMatching(/^.{20}$/) });
  });

  it('makes passwords of the allowed characters only, of each kind at least one', () => {
    for (let round = 0; round < 50; round += 1) {
      const password = generate({ PasswordLength: 8, ExcludePunctuation: true, ExcludeCharacters: 'abc019' });
      expect(password).toMatch(/^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)[d-zA-Z2-8]{8}$/);
    }
  });

  it('makes another one each time', () => {
    expect(generate({})).not.toBe(generate({}));
  });
});

describe('CreateSecret', () => {
  it('makes a secret that is found by its name, once, and keeps it', async () => {
    await secrets.handle('CreateSecret', { Name: 'muster/x/acme/token', SecretString: 'value' });
    const again = createSecrets({ database, clock, ...place });
    expect(await again.handle('GetSecretValue', { SecretId: 'muster/x/acme/token' })).toMatchObject({
      ARN: expect.stringMatching(/:secret:muster\/x\/acme\/token-\w{6}$/),
      SecretString: 'value',
    });
    await expect(
      again.handle('CreateSecret', { Name: 'muster/x/acme/token', SecretString: 'other' }),
    ).rejects.toMatchObject({ code: 'ResourceExistsException' });
  });
});

describe('createParameters', () => {
  it('keeps what is put, and overwrites it only when told', async () => {
    const parameters = createParameters({ database, ...place });
    const put = { Name: '/a/b', Value: 'one', Type: 'SecureString' };
    expect(await parameters.handle('PutParameter', put)).toMatchObject({ Version: 1 });
    await expect(parameters.handle('PutParameter', { ...put, Value: 'two' })).rejects.toMatchObject({
      code: 'ParameterAlreadyExists',
    });
    await parameters.handle('PutParameter', { ...put, Value: 'two', Overwrite: true });
    expect(await createParameters({ database, ...place }).handle('GetParameter', { Name: '/a/b' })).toMatchObject({
      Parameter: { Value: 'two', Type: 'SecureString', Version: 2 },
    });
  });

  it('answers what the template declares and names what it does not', async () => {
    const parameters = createParameters({ database, ...place });
    parameters.addParameter({ name: '/shop/greeting', type: 'String', value: 'hello' });
    expect(await parameters.handle('GetParameter', { Name: '/shop/greeting' })).toMatchObject({
      Parameter: { Value: 'hello', ARN: 'arn:aws:ssm:us-east-1:000000000000:parameter/shop/greeting' },
    });
    expect(await parameters.handle('GetParameters', { Names: ['/shop/greeting', 'x'] })).toMatchObject({
      InvalidParameters: ['x'],
    });
    await expect(parameters.handle('GetParameter', { Name: 'x' })).rejects.toMatchObject({ code: 'ParameterNotFound' });
  });
});
