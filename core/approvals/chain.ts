import type { ApprovalChain, ChainState } from '../contract/approval-chain.ts';
import { nextDuty } from './duty.ts';

type Entry = ChainState['history'][number];

/** At most so much is kept of what happened: ten contacts, each waited for, asked and reminded. */
const keptHistory = 40;

const withEntry = (history: readonly Entry[], entry: Entry): Entry[] => [...history, entry].slice(-keptHistory);

/**
 * Whose turn it is from a place of the chain on: the first who is there now; if none is, who comes first is waited for.
 * `undefined` behind the last.
 */
const turnFrom = (
  { contacts }: ApprovalChain,
  from: number,
  nowMs: number,
  history: readonly Entry[],
): ChainState | undefined => {
  const turns = contacts
    .map(({ name, hours, ...terms }, position) => ({ name, terms, position, at: nextDuty(hours, nowMs) ?? Infinity }))
    .slice(from);
  const [first] = turns.toSorted((one, other) => one.at - other.at || one.position - other.position);
  if (first === undefined || first.at === Infinity) return undefined;
  const { name: contact, position, terms, at } = first;
  const isThere = at <= nowMs;
  const what = isThere ? 'asked' : 'waiting';
  const { answerWithinSeconds, remindAfterSeconds = answerWithinSeconds } = terms;
  return {
    position,
    contact,
    what,
    since: nowMs,
    nextAt: isThere ? nowMs + remindAfterSeconds * 1000 : at,
    history: withEntry(history, { at: nowMs, contact, what }),
  };
};

/** How a chain begins. `undefined`: nobody in it is ever there. Pure. */
export const beginChain = (chain: ApprovalChain, nowMs: number): ChainState | undefined =>
  turnFrom(chain, 0, nowMs, []);

/**
 * What becomes of a chain whose time has come: a reminder, the next contact, or `undefined` behind the last: nobody has
 * answered. Pure.
 */
export const nextInChain = (chain: ApprovalChain, state: ChainState, nowMs: number): ChainState | undefined => {
  const { position, contact, what, since, history } = state;
  if (what === 'waiting') return turnFrom(chain, position, nowMs, history);
  const { answerWithinSeconds, remindAfterSeconds } = chain.contacts[position] ?? {};
  if (what === 'asked' && remindAfterSeconds !== undefined && answerWithinSeconds !== undefined)
    return {
      ...state,
      what: 'reminded',
      nextAt: since + answerWithinSeconds * 1000,
      history: withEntry(history, { at: nowMs, contact, what: 'reminded' }),
    };
  return turnFrom(chain, position + 1, nowMs, history);
};
