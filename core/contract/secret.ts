import * as z from 'zod';

/** What a task and its agent call a secret. */
const SecretName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/, 'must be 1 to 64 of A-Z a-z 0-9 _ . -');

/** Below the tenant's own place in the store: never another's, however it is written. */
const SecretId = z
  .string()
  .max(128)
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9_.-]*(\/[A-Za-z0-9][A-Za-z0-9_.-]*)*$/,
    'must be names of A-Z a-z 0-9 _ . - with / between',
  );

/** A secret by reference. Its value is in no item, no frame but the one that answers the task's agent, and no log. */
export const SecretReference = z.strictObject({
  name: SecretName.describe('By which the agent asks for it.'),
  from: z.enum(['secretsmanager', 'ssm']).default('secretsmanager').describe('Secrets Manager or Parameter Store.'),
  id: SecretId.optional().describe('Where it is kept, below the place of the tenant’s secrets; left out: its name.'),
});
export type SecretReference = z.infer<typeof SecretReference>;

/** The secrets that a task's agent may ask for. */
export const SecretReferences = z
  .array(SecretReference)
  .max(20)
  .refine((secrets) => new Set(secrets.map(({ name }) => name)).size === secrets.length, 'names a secret twice');

/** How an agent asks for a secret of its task. */
export const SecretRequestName = SecretName;
