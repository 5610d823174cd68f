import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Fleet, stepsOf } from '../support/fleet.ts';
import type { RawSocket } from '../support/raw-socket.ts';
import type { NodeProcess } from '../support/spawn-node.ts';
import { until } from '../support/until.ts';

let fleet: Fleet;
let voters: readonly NodeProcess[];
beforeAll(async () => {
  fleet = await Fleet.start();
  voters = await fleet.begin('voter', 4, { script: 'voter-process.ts' });
});
afterAll(() => fleet?.stop());

const names = [0, 1, 2].map((index) => `voter-${index}`);
const vote = (more: Record<string, unknown> = {}) => ({
  mode: 'consensus',
  voters: { agents: names },
  type: 'judge',
  question: '{{ input }}',
  options: ['keep', 'ship'],
  deadlineSeconds: 20,
  ...more,
});
/** What each voter of the question does: votes in the order of the names. */
const parts = (...decisions: readonly unknown[]) =>
  Object.fromEntries(
    decisions.map((part, index) => [`voter-${index}`, typeof part === 'string' ? { decision: part } : part]),
  );
const decide = async (definition: Record<string, unknown>, question: unknown) =>
  fleet.ended(await fleet.run(definition, question));

/** An agent by hand, which does what the SDK never would. */
const byHand = async (name: string): Promise<{ socket: RawSocket; agentId: string }> => {
  const socket = await fleet.muster.socket();
  const { agentId } = await socket.register({ name, taskTypes: ['judge'] });
  return { socket, agentId };
};
const askedBy = async (socket: RawSocket): Promise<{ taskId: string; attempt: number }> => {
  const { payload } = await socket.next('task.assigned');
  return { taskId: payload['task'].taskId, attempt: payload['attempt'] };
};

describe('a vote of agents in processes of their own', () => {
  it('decides by quorum, and tells who said what', async () => {
    // With all asked for, none is left out because the others have decided already.
    const run = await decide(vote({ minParticipation: 1 }), parts('ship', 'keep', 'ship'));
    expect(run).toMatchObject({
      status: 'SUCCEEDED',
      mode: 'consensus',
      output: {
        decision: 'ship',
        by: 'quorum',
        cast: 3,
        participation: 1,
        tally: [
          { option: 'keep', votes: 1 },
          { option: 'ship', votes: 2 },
        ],
        votes: names.map((agent) => ({
          agent,
          confidence: 0.9,
          reasoning: `${agent} says so.`,
          evidence: ['vote'],
        })),
      },
    });
    expect(stepsOf(run)).toEqual({ votes: 'SUCCEEDED' });
  });

  it('decides with the others when one always fails', async () => {
    expect(await decide(vote({ quorum: 0.6 }), parts('ship', { fails: true }, 'ship'))).toMatchObject({
      status: 'SUCCEEDED',
      output: { decision: 'ship', cast: 2, absent: [{ agent: 'voter-1', why: 'FAILED' }] },
    });
  });

  it('gives way to a veto', async () => {
    expect(await decide(vote({ veto: ['voter-2'] }), parts('ship', 'ship', 'keep'))).toMatchObject({
      output: { decision: 'keep', by: 'veto' },
    });
  });

  it('breaks a tie as asked, after a round in which all knew what the others said', async () => {
    const tie = { voters: { agents: [...names, 'voter-3'] }, maxRounds: 2 };
    const stubborn = parts('keep', 'keep', 'ship', 'ship');
    expect(await decide(vote({ ...tie, tieBreaker: 'leader', leader: 'voter-3' }), stubborn)).toMatchObject({
      output: { decision: 'ship', by: 'tie_break', rounds: 2 },
    });
    expect(await decide(vote(tie), parts('keep', { decision: 'keep', later: 'ship' }, 'ship', 'ship'))).toMatchObject({
      output: { decision: 'ship', by: 'quorum', rounds: 2 },
    });
  });

  it('ends early once nothing can change, and takes the question back from the rest', async () => {
    const began = Date.now();
    const run = await decide(vote(), parts('ship', 'ship', { decision: 'keep', afterMs: 15_000 }));
    expect(run).toMatchObject({ output: { decision: 'ship', cast: 2, absent: [{ agent: 'voter-2' }] } });
    expect(Date.now() - began).toBeLessThan(10_000);
    await until('it is taken back', async () => (await fleet.view(run.runId)).steps[0].tasks[2].status === 'CANCELLED');
  });

  it('is cancelled with all its open questions', async () => {
    const runId = await fleet.run(vote(), parts('ship', ...[1, 2].map(() => ({ decision: 'keep', afterMs: 15_000 }))));
    const run = await fleet.cancelled(runId, 'all are asked', () =>
      voters.slice(0, 3).every(({ lines }) => lines.includes(`assigned ${runId}`)),
    );
    expect(run.status).toBe('CANCELLED');
    expect(run.steps[0].tasks.map(({ status }: { status: string }) => status).slice(1)).toEqual([
      'CANCELLED',
      'CANCELLED',
    ]);
  });
});

// Side by side, because each waits for a deadline or for somebody.
describe.concurrent('a vote that takes its time', () => {
  it('decides with the others when one dies in the middle, at the deadline', async () => {
    const [doomed] = await fleet.begin('doomed', 1, { script: 'voter-process.ts' });
    const agents = [...names.slice(0, 2), 'doomed-0'];
    const question = { ...parts('ship', 'ship'), 'doomed-0': { decision: 'keep', afterMs: 60_000 } };
    const runId = await fleet.run(
      vote({ voters: { agents }, quorum: 0.6, veto: ['doomed-0'], deadlineSeconds: 4 }),
      question,
    );
    await until('it is asked', () => doomed?.lines.includes(`assigned ${runId}`));
    await doomed?.kill();
    expect(await fleet.ended(runId)).toMatchObject({
      status: 'SUCCEEDED',
      output: { decision: 'ship', cast: 2, invited: 3, absent: [{ agent: 'doomed-0' }] },
    });
  });

  it('fails for want of votes with an error of its own when too few answer in time', async () => {
    const slow = { decision: 'ship', afterMs: 5000 };
    const run = await decide(vote({ deadlineSeconds: 2, minParticipation: 0.6 }), parts('ship', slow, slow));
    expect(run).toMatchObject({ status: 'FAILED', error: { code: 'INSUFFICIENT_PARTICIPATION' } });
    expect(run.error.message).toContain('1 of 3 voted');
    expect(run.steps[0].tasks.map(({ status }: { status: string }) => status)).toEqual([
      'SUCCEEDED',
      'TIMED_OUT',
      'TIMED_OUT',
    ]);
  });

  it('counts one vote of an agent that answers twice, and keeps a late one aside where it is seen', async () => {
    const { socket: twice } = await byHand('twice');
    const { socket: late, agentId: lateId } = await byHand('late');
    const agents = ['voter-0', 'twice', 'late'];
    const runId = await fleet.run(vote({ voters: { agents }, quorum: 0.6, deadlineSeconds: 3 }), parts('ship'));
    const [mine, belated] = [await askedBy(twice), await askedBy(late)];
    await twice.ask('task.result', { ...mine, output: { decision: 'ship' } });
    const again = await twice.ask('task.result', { ...mine, output: { decision: 'keep' } });
    expect(again.type).toBe('ack');
    const run = await fleet.ended(runId);
    expect(run).toMatchObject({
      output: { decision: 'ship', cast: 2, tally: [{ votes: 0 }, { votes: 2 }] },
    });
    // What nobody has to answer any more is cancelled after the decision, soon.
    await until('the end of the open vote', async () => {
      const { body } = await fleet.muster.call(`GET /tasks/${belated.taskId}`);
      return body.status === 'CANCELLED' ? body : undefined;
    });
    const refused = await late.ask('task.result', { ...belated, output: { decision: 'keep' } });
    expect(refused.payload).toMatchObject({ code: 'ALREADY_TERMINAL' });
    expect((await fleet.muster.call(`GET /tasks/${belated.taskId}`)).body).toMatchObject({
      lateResults: [{ attempt: 1, agentId: lateId }],
    });
    await Promise.all([twice.close(), late.close()]);
  });

  it('hands a tie to a person', async () => {
    const runId = await fleet.run(
      vote({ voters: { agents: names.slice(0, 2) }, tieBreaker: 'escalate' }),
      parts('keep', 'ship'),
    );
    const approval = await until('the approval', async () => {
      const { body } = await fleet.muster.call('GET /approvals');
      return body.items.find((item: { runId: string }) => item.runId === runId);
    });
    const answer = await fleet.muster.call(`POST /approvals/${approval.taskId}`, { decision: 'ship' });
    expect(answer.status).toBe(200);
    expect(await fleet.ended(runId)).toMatchObject({ output: { decision: 'ship', by: 'person' } });
  });
});
