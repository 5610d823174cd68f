import { Principal } from '#core/identity/principal.ts';

const separator = ' ';

const listOf = (text: unknown): readonly string[] | undefined =>
  typeof text === 'string' ? text.split(separator).filter((word) => word !== '') : undefined;

/** A principal as an HTTP authoriser hands it on: its values are flat texts. */
export const toContext = (principal: Principal): Record<string, string> => {
  const { tenant, id, role, scopes, capabilities, endsAt } = principal;
  return {
    tenant,
    principalId: id,
    role,
    ...(scopes === undefined ? {} : { scopes: scopes.join(separator) }),
    ...(capabilities === undefined ? {} : { capabilities: capabilities.join(separator) }),
    ...(endsAt === undefined ? {} : { endsAt: String(endsAt) }),
  };
};

/** The principal that an authoriser has handed on; `undefined` when there is none. */
export const fromContext = (context: Readonly<Record<string, unknown>>): Principal | undefined =>
  Principal.safeParse({
    tenant: context['tenant'],
    id: context['principalId'],
    role: context['role'],
    scopes: listOf(context['scopes']),
    capabilities: listOf(context['capabilities']),
    endsAt: context['endsAt'] === undefined ? undefined : Number(context['endsAt']),
  }).data;
