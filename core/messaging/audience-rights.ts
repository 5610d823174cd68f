import type { TenantSettings } from '../contract/settings.ts';
import { matchesTopic, patternsMeet } from '../contract/topics.ts';
import type { Principal } from '../identity/principal.ts';
import type { Services } from '../services.ts';
import { knownSettings } from '../tenants/settings.ts';
import type { Audience } from './choose-mode.ts';
import { AudienceForbiddenError } from './errors.ts';

type Access = NonNullable<TenantSettings['messaging']>['groups'][string];

/** The first word of a group's or topic's name: a key for some capabilities reaches those that begin with one of them. */
const firstWordOf = (name: string): string => name.split(/[.:/]/)[0] ?? name;

const isGranted = ({ capabilities }: Principal, name: string): boolean =>
  capabilities === undefined || capabilities.includes(name) || capabilities.includes(firstWordOf(name));

type Deed = 'join' | 'send';

/** What a tenant says of a group, of a topic, or of any topic that a subscriber to a pattern would hear. */
const accessOf = (
  settings: TenantSettings,
  { kind, name }: { readonly kind: 'group' | 'topic'; readonly name: string },
  deed: Deed,
): readonly Access[] => {
  const { groups = {}, topics = {} } = settings.messaging ?? {};
  if (kind === 'group') return Object.hasOwn(groups, name) ? [groups[name] ?? {}] : [];
  const isAbout = deed === 'join' ? patternsMeet : matchesTopic;
  return Object.entries(topics).flatMap(([pattern, access]) => (isAbout(pattern, name) ? [access] : []));
};

/**
 * Lets in whom a tenant's settings do not keep out: by role, every rule that names the group, or whose pattern names the
 * topic; of a subscription, every rule of a topic that it would hear. A key for some capabilities reaches only what is named after one of them.
 * @throws AudienceForbiddenError.
 */
const requireAudience = async (
  services: Services,
  principal: Principal,
  asked: { readonly kind: 'group' | 'topic'; readonly name: string },
  deed: Deed,
): Promise<void> => {
  const { kind, name } = asked;
  const field = kind === 'topic' && deed === 'join' ? 'pattern' : deed === 'join' ? 'name' : kind;
  const refused = new AudienceForbiddenError(field, `${deed === 'join' ? 'join' : 'send to'} the ${kind} ${name}`);
  if (!isGranted(principal, name)) throw refused;
  const settings = await knownSettings(services, principal.tenant);
  const keepsOut = accessOf(settings, asked, deed).some(
    (access) => access[deed] !== undefined && !access[deed].includes(principal.role),
  );
  if (keepsOut) throw refused;
};

/** @throws AudienceForbiddenError when the principal may not join. */
export const requireJoin = (services: Services, principal: Principal, kind: 'group' | 'topic', name: string) =>
  requireAudience(services, principal, { kind, name }, 'join');

/**
 * Whether a message may go to an audience. Every agent of the tenant may be written to; a broadcast of a key for some
 * capabilities must be to one of them.
 * @throws AudienceForbiddenError.
 */
export const requireSend = async (services: Services, principal: Principal, audience: Audience): Promise<void> => {
  const { capabilities } = principal;
  if (audience.kind === 'group')
    return requireAudience(services, principal, { kind: 'group', name: audience.group }, 'send');
  if (audience.kind === 'topic')
    return requireAudience(services, principal, { kind: 'topic', name: audience.topic }, 'send');
  if (audience.kind === 'all' && capabilities !== undefined && !capabilities.includes(audience.filter.capability ?? ''))
    throw new AudienceForbiddenError('filter.capability', 'broadcast beyond its own capabilities');
  return undefined;
};
