import { valueOperations as operations } from '#core/contract/operations/values.ts';
import { NotFoundError } from '#core/errors/errors.ts';
import { listVersions, readValue, writeValue } from '#core/values/write-value.ts';
import { route } from '../runtime/route.ts';

/** Routes of values that have versions. */
export const valueRoutes = {
  'POST /v1/values': route(
    operations['POST /v1/values'],
    async (services, { body: write }, { principal, idempotencyKey }) => ({
      body: await writeValue(services, { principal, idempotencyKey, write }),
    }),
  ),
  'GET /v1/values/{scope}/{name}': route(
    operations['GET /v1/values/{scope}/{name}'],
    async (services, { params: { scope, name } }, { principal }) => {
      const version = await readValue(services, principal, { scope, name });
      if (version === undefined) throw new NotFoundError('value', `${scope}/${name}`);
      return { headers: { etag: `"${version.version}"` }, body: version };
    },
  ),
  'GET /v1/values/{scope}/{name}/versions': route(
    operations['GET /v1/values/{scope}/{name}/versions'],
    async (services, { params, query }, { principal }) => ({
      body: await listVersions(services, principal, params, query),
    }),
  ),
};
