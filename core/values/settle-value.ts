import type { ValueVersion, WaitingWrite, WriteChain, WriteResolution, Written } from '../contract/value.ts';
import { ConflictError } from '../errors/errors.ts';
import { Principal } from '../identity/principal.ts';
import type { Services } from '../services.ts';
import { fitsScope } from '../state/scope-rules.ts';
import { knownSettings } from '../tenants/settings.ts';
import { askOthers, closeQuestion, type Decision, decisionOn } from './ask-others.ts';
import { settleWrite } from './settle-write.ts';
import { addVersion, newestVersion, readVersion, type ValueRef } from './value-store.ts';

const usualChain: WriteChain['strategies'] = [
  'last_write_wins',
  'highest_priority_wins',
  'merge_compatible',
  'consensus_required',
  'manual',
];

/** One for each write that may wait, with the decision before it, and some for others who write at this moment. */
const maxSteps = 40;

/** The first rule of a tenant that fits a scope. */
const chainOf = async (
  services: Services,
  { tenant }: Principal,
  scope: string,
): Promise<Omit<WriteChain, 'scope'>> => {
  const { conflicts } = await knownSettings(services, tenant);
  return conflicts?.chains?.find((rule) => fitsScope(rule, scope)) ?? { strategies: usualChain };
};

/** A write that has not seen the newest version. */
export interface Contender {
  readonly ref: ValueRef;
  readonly principal: Principal;
  readonly proposed: Written;
  readonly baseVersion: number;
}

/** A value as it stays, without what was said of its conflicts. */
const keptOf = ({ resolution: _resolution, ...kept }: ValueVersion): ValueVersion => kept;

/** The version that comes of a contender: by the chain, or by whoever is asked. */
export const contestedVersion = async (
  services: Services,
  contender: Contender,
  current: ValueVersion,
): Promise<ValueVersion> => {
  const { ref, principal, proposed, baseVersion } = contender;
  const chain = await chainOf(services, principal, ref.scope);
  const base = baseVersion === 0 ? {} : (await readVersion(services, ref, baseVersion))?.value;
  const verdict = settleWrite(chain.strategies, { current, proposed, base }, chain.workflow !== undefined);
  const said = { strategy: verdict.strategy, proposed, baseVersion };
  const next = { ...keptOf(current), version: current.version + 1, writtenAt: services.clock.now() };
  if (verdict.outcome === 'ask') {
    const { strategy } = verdict;
    const asked = await askOthers(services, { ...contender, chain, current, strategy, version: next.version });
    return { ...next, resolution: { ...said, outcome: 'pending', ...asked } };
  }
  const { outcome, value } = verdict;
  const winner = outcome === 'current' ? {} : proposed;
  // Of a merge both were written: what comes later is later than either.
  const both = {
    at: Math.max(current.at, proposed.at),
    priority: Math.max(current.priority, proposed.priority),
  };
  return { ...next, ...winner, ...(outcome === 'merged' ? both : {}), value, resolution: { ...said, outcome } };
};

/** Who wrote, as the platform speaks for it later. */
const writerOf = ({ tenant }: ValueRef, { by }: Written): Principal =>
  Principal.parse({ tenant, id: by, role: 'submitter' });

/** The version that a decision makes. */
const decidedVersion = (
  services: Services,
  current: ValueVersion,
  resolution: WriteResolution,
  { option, by: decidedBy }: Decision,
): ValueVersion => {
  const isProposed = option === 'proposed';
  return {
    ...current,
    ...(isProposed ? resolution.proposed : {}),
    version: current.version + 1,
    writtenAt: services.clock.now(),
    resolution: { ...resolution, outcome: isProposed ? 'proposed' : 'current', decidedBy },
  };
};

/** Those who voted did not agree: people decide. */
const escalatedVersion = async (
  services: Services,
  ref: ValueRef,
  current: ValueVersion,
  { runId: _runId, ...resolution }: WriteResolution,
): Promise<ValueVersion> => {
  const version = current.version + 1;
  const { proposed } = resolution;
  const question = { ref, principal: writerOf(ref, proposed), current, proposed, version };
  const asked = await askOthers(services, { ...question, chain: { strategies: ['manual'] }, strategy: 'manual' });
  const pending: WriteResolution = { ...resolution, strategy: 'manual', outcome: 'pending', ...asked };
  return { ...current, version, writtenAt: services.clock.now(), resolution: pending };
};

const afterQuestion = async (
  services: Services,
  ref: ValueRef,
  current: ValueVersion,
  resolution: WriteResolution,
): Promise<ValueVersion | undefined> => {
  const decision = await decisionOn(services, ref.tenant, resolution);
  if (decision === undefined) return undefined;
  return decision === 'not_agreed'
    ? escalatedVersion(services, ref, current, resolution)
    : decidedVersion(services, current, resolution, decision);
};

/** The turn of the first that waits. */
const afterWaiting = (
  services: Services,
  ref: ValueRef,
  { waiting: _waiting, ...current }: ValueVersion,
  [first, ...others]: readonly [WaitingWrite, ...WaitingWrite[]],
): Promise<ValueVersion> => {
  const { baseVersion, ...proposed } = first;
  const rest = others.length === 0 ? current : { ...current, waiting: others };
  return contestedVersion(services, { ref, principal: writerOf(ref, proposed), proposed, baseVersion }, rest);
};

/** The version that follows the newest one by itself, if there is any: a question is answered, or the next write has its turn. */
const nextVersion = async (
  services: Services,
  ref: ValueRef,
  current: ValueVersion,
): Promise<ValueVersion | undefined> => {
  const { resolution, waiting = [] } = current;
  if (resolution?.outcome === 'pending') return afterQuestion(services, ref, current, resolution);
  const [first, ...others] = waiting;
  return first === undefined ? undefined : afterWaiting(services, ref, current, [first, ...others]);
};

/** Adds a version; where somebody else was faster, a question that was asked for it is closed again. Returns whether it was added. */
export const addOrClose = async (
  services: Services,
  ref: ValueRef,
  principal: Principal,
  next: ValueVersion,
): Promise<boolean> => {
  if (await addVersion(services, ref, next)) return true;
  const { resolution } = next;
  if (resolution?.outcome !== 'pending') return false;
  const now = (await newestVersion(services, ref))?.resolution;
  const isAsked = now?.runId === resolution.runId && now?.escalationId === resolution.escalationId;
  if (!isAsked) await closeQuestion(services, principal, resolution, 'Somebody else has written the value meanwhile.');
  return false;
};

/**
 * A value's newest version, once everything that is decided is taken and every write had its turn that does not wait for an
 * answer. Repeatable, also concurrently: each step is a version that is added once.
 */
export const settledValue = async (services: Services, ref: ValueRef): Promise<ValueVersion | undefined> => {
  for (let steps = 0; steps < maxSteps; steps++) {
    const current = await newestVersion(services, ref);
    const next = current === undefined ? undefined : await nextVersion(services, ref, current);
    if (next === undefined) return current;
    await addOrClose(services, ref, writerOf(ref, next.resolution?.proposed ?? next), next);
  }
  throw new ConflictError(`${ref.scope}/${ref.name}`);
};
