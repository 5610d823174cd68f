import { describe, expect, it } from 'vitest';
import { cancelRun } from '#core/runs/cancel-run.ts';
import { sweep } from '#core/sweep/sweep.ts';
import { answerApproval } from '#core/tasks/answer-approval.ts';
import { cancelTask } from '#core/tasks/cancel-task.ts';
import { createWorld, owner } from '../world.ts';
import { ballotOf, begin, deadline, definition, ended, fail, isDecided, names, tally, vote, votes } from './ballot.ts';

describe('a round', () => {
  it('asks every voter at once, beside whatever it is at, and holds no slot', async () => {
    const world = createWorld();
    const ann = await world.agent('ann', { maxConcurrency: 1 });
    await world.submit({});
    for (const name of names.slice(1)) await world.agent(name);
    const run = await world.start({ ...definition(), maxParallelAgents: 1 }, { topic: 'cats' });
    await world.enterStage(run, 0);
    expect(world.members(0).map(({ status, kind, type }) => `${status} ${kind} ${type}`)).toEqual(
      names.map(() => 'ASSIGNED vote judge'),
    );
    expect(world.members(0)[0]).toMatchObject({
      input: { question: { of: 'cats' }, options: ['keep', 'ship'], round: 1 },
    });
    expect((await world.slots(ann)).freeSlots).toBe(0);
    world.expectBooksToBalance();
  });

  it('ends the run with who said what, and what was made of it', async () => {
    const begun = await begin({ voters: { agents: names.slice(0, 3) } });
    await votes(begun, {
      ann: { decision: 'ship', confidence: 0.5, reasoning: 'It is ready.', evidence: ['tests.log'] },
      ben: 'keep',
      cem: 'ship',
    });
    expect(await tally(begun)).toEqual({ decision: 'decided' });
    const { status, output } = await ended(begun);
    expect(status).toBe('SUCCEEDED');
    expect(output).toMatchObject({
      decision: 'ship',
      by: 'quorum',
      confidence: 0.5,
      rounds: 1,
      cast: 3,
      invited: 3,
      participation: 1,
      effectiveVoters: 3,
      tally: [
        { option: 'keep', votes: 1, weight: 1 },
        { option: 'ship', votes: 2, weight: 2 },
      ],
      votes: [
        { agent: 'ann', decision: 'ship', confidence: 0.5, reasoning: 'It is ready.', evidence: ['tests.log'] },
        { agent: 'ben', decision: 'keep' },
        { agent: 'cem', decision: 'ship' },
      ],
      rejected: [],
      absent: [],
    });
  });

  it('is no parallel run: a minority of answers that say the same changes nothing, and most agents need not answer', async () => {
    const begun = await begin({ quorum: 0.75 });
    await votes(begun, { ann: 'ship', ben: 'ship' });
    expect(isDecided(begun.world)).toBe(false);
    await vote(begun, 'cem', 'ship');
    expect(isDecided(begun.world)).toBe(true);
    expect(await ended(begun)).toMatchObject({ status: 'RUNNING' });
    await tally(begun);
    expect(await ended(begun)).toMatchObject({ output: { decision: 'ship', cast: 3 } });
  });

  it('stops early once nothing can change, and cancels the rest', async () => {
    const begun = await begin({ quorum: 0.5 });
    await votes(begun, { ann: 'ship', ben: 'ship' });
    expect(isDecided(begun.world)).toBe(false);
    await vote(begun, 'dia', 'ship');
    expect(isDecided(begun.world)).toBe(true);
    await begun.world.drainTasks();
    expect(ballotOf(begun.world, 'cem').status).toBe('CANCELLED');
    await tally(begun);
    expect(await ended(begun)).toMatchObject({
      output: { decision: 'ship', absent: [{ agent: 'cem', why: 'CANCELLED' }] },
    });
  });

  it('waits for a veto voter as long as its veto would decide', async () => {
    const begun = await begin({ veto: ['dia'] });
    await votes(begun, { ann: 'ship', ben: 'ship', cem: 'ship' });
    expect(isDecided(begun.world)).toBe(false);
    await vote(begun, 'dia', { decision: 'keep', reasoning: 'Not on a Friday.' });
    await tally(begun);
    expect(await ended(begun)).toMatchObject({ status: 'SUCCEEDED', output: { decision: 'keep', by: 'veto' } });
  });

  it('is over at its deadline, with the votes that came', async () => {
    const begun = await begin();
    await votes(begun, { ann: 'ship', ben: 'ship' });
    await deadline(begun);
    expect(isDecided(begun.world)).toBe(true);
    await tally(begun);
    expect(await ended(begun)).toMatchObject({
      output: { decision: 'ship', participation: 0.5, absent: [{ agent: 'cem', why: 'TIMED_OUT' }, { agent: 'dia' }] },
    });
  });

  it('keeps a late vote aside where it is seen, and counts it no more', async () => {
    const begun = await begin();
    await votes(begun, { ann: 'ship', ben: 'ship' });
    await deadline(begun);
    await expect(vote(begun, 'cem', 'keep')).rejects.toMatchObject({ code: 'ALREADY_TERMINAL' });
    const late = begun.world.ports.table.items().filter(({ sk }) => String(sk).startsWith('LATE#'));
    expect(late).toMatchObject([{ output: { decision: 'keep' } }]);
    await tally(begun);
    expect(await ended(begun)).toMatchObject({ output: { decision: 'ship', cast: 2 } });
  });

  it('counts one vote of each agent, the first, however often it answers', async () => {
    const begun = await begin();
    await votes(begun, { ann: 'ship', ben: 'keep', cem: 'keep' });
    await vote(begun, 'ann', 'keep');
    await vote(begun, 'dia', 'keep');
    await tally(begun);
    expect(await ended(begun)).toMatchObject({
      output: { tally: [{ votes: 3 }, { votes: 1 }], votes: [{ agent: 'ann', decision: 'ship' }, {}, {}, {}] },
    });
  });

  it('does not let one agent answer for another', async () => {
    const begun = await begin();
    const { taskId } = ballotOf(begun.world, 'ben');
    await expect(
      begun.world.complete(begun.agents.get('ann') ?? fail(), taskId, { decision: 'ship' }),
    ).rejects.toMatchObject({ code: 'STALE_ATTEMPT' });
    expect(ballotOf(begun.world, 'ben').status).toBe('ASSIGNED');
  });

  it('does not count what is no vote, and says why', async () => {
    const begun = await begin({ minParticipation: 0 });
    await votes(begun, { ann: 'ship', ben: 'maybe', cem: { decision: 'ship', confidence: 7 } });
    await begun.world.complete(begun.agents.get('dia') ?? fail(), ballotOf(begun.world, 'dia').taskId, 'ship');
    await tally(begun);
    expect(await ended(begun)).toMatchObject({
      output: {
        decision: 'ship',
        cast: 1,
        rejected: [
          { agent: 'ben', decision: 'maybe', reason: 'unknown_option' },
          { agent: 'cem', reason: 'invalid_confidence' },
          { agent: 'dia', decision: '', reason: 'unknown_option' },
        ],
      },
    });
  });

  it('fails for want of votes with an error of its own, never with a no', async () => {
    const begun = await begin({ minParticipation: 0.75 });
    await votes(begun, { ann: 'ship', ben: 'ship' });
    for (const name of ['cem', 'dia'])
      await begun.world.fail(begun.agents.get(name) ?? fail(), ballotOf(begun.world, name).taskId, {
        retryable: false,
      });
    expect(await tally(begun)).toEqual({ decision: 'insufficient_participation' });
    const { status, error } = await ended(begun);
    expect({ status, error }).toMatchObject({ status: 'FAILED', error: { code: 'INSUFFICIENT_PARTICIPATION' } });
    expect(error?.message).toContain('2 of 4 voted; at least 3 must');
    expect(error?.failedTask).toMatchObject({ step: 'votes', agentName: 'cem', code: 'BROKEN', message: 'It broke.' });
  });

  it('fails for want of votes when nobody is there to be asked', async () => {
    const world = createWorld();
    const run = await world.start(definition({ voters: { capability: 'law', count: 3 } }));
    await world.enterStage(run, 0);
    expect(world.ports.executions.answers.get('token-0')).toMatchObject({ output: { outcome: 'SUCCEEDED' } });
    await world.decideAt(run, 'tally', 0);
    expect(await world.run(run.runId)).toMatchObject({ error: { code: 'INSUFFICIENT_PARTICIPATION' } });
  });
});

describe('rounds', () => {
  it('go on with everybody’s votes and reasons until an option wins', async () => {
    const begun = await begin({ maxRounds: 2, minParticipation: 1 });
    await votes(begun, { ann: { decision: 'ship', reasoning: 'Ready.' }, ben: 'keep', cem: 'keep', dia: 'ship' });
    expect(await tally(begun)).toEqual({ decision: 'next_round', position: 1 });
    await begun.world.enterStage(begun.run, 1);
    expect(ballotOf(begun.world, 'ben', 1).input).toMatchObject({
      round: 2,
      previous: {
        round: 1,
        tally: [
          { option: 'keep', votes: 2 },
          { option: 'ship', votes: 2 },
        ],
        votes: [{ agent: 'ann', decision: 'ship', reasoning: 'Ready.' }, {}, {}, {}],
      },
    });
    await votes(begun, { ann: 'ship', ben: 'ship', cem: 'ship', dia: 'ship' }, 1);
    await tally(begun, 1);
    expect(await ended(begun)).toMatchObject({ output: { decision: 'ship', rounds: 2 } });
  });

  it.each([
    ['conservative', {}, 'keep'],
    ['leader', { leader: 'dia' }, 'ship'],
  ])('end in a tie by the tie-breaker %s', async (tieBreaker, more, decision) => {
    const begun = await begin({ tieBreaker, ...more });
    await votes(begun, { ann: 'keep', ben: 'keep', cem: 'ship', dia: 'ship' });
    await tally(begun);
    expect(await ended(begun)).toMatchObject({ output: { decision, by: 'tie_break' } });
  });

  it('draw a lot once: whoever asks again hears the same', async () => {
    const outcomes = new Set<unknown>();
    for (let key = 0; key < 20; key++) {
      const begun = await begin({ tieBreaker: 'random' });
      for (let turn = 0; turn < key; turn++) begun.world.services.random.fraction();
      await votes(begun, { ann: 'keep', ben: 'keep', cem: 'ship', dia: 'ship' });
      await tally(begun);
      const { output } = await ended(begun);
      await tally(begun);
      expect((await ended(begun)).output).toEqual(output);
      outcomes.add(JSON.stringify(output).includes('"decision":"ship","by"') ? 'ship' : 'keep');
    }
    expect(outcomes.size).toBe(2);
  });

  it('end in a tie with a person, who is shown how it stands', async () => {
    const begun = await begin({ tieBreaker: 'escalate' });
    const { world, run } = begun;
    await votes(begun, { ann: 'keep', ben: 'keep', cem: 'ship', dia: 'ship' });
    expect(await tally(begun)).toEqual({ decision: 'escalate', position: 1 });
    await world.enterStage(run, 1);
    const [approval] = world.members(1);
    expect(approval).toMatchObject({
      kind: 'approval',
      approval: { options: ['keep', 'ship'] },
      input: { question: { of: 'cats' }, previous: { tally: [{ votes: 2 }, { votes: 2 }] } },
    });
    await answerApproval(world.services, owner, approval?.taskId ?? fail(), { decision: 'ship', comment: 'I dare.' });
    expect(await tally(begun, 1)).toEqual({ decision: 'decided' });
    expect(await ended(begun)).toMatchObject({
      status: 'SUCCEEDED',
      output: { decision: 'ship', by: 'person', person: 'key:owner', cast: 4 },
    });
  });

  it('fail when the person’s task ends without an answer', async () => {
    const begun = await begin({ tieBreaker: 'escalate' });
    const { world, run } = begun;
    await votes(begun, { ann: 'keep', ben: 'keep', cem: 'ship', dia: 'ship' });
    await tally(begun);
    await world.enterStage(run, 1);
    await cancelTask(world.services, owner, world.memberId(1, 0), 'Nobody is there.');
    expect(await tally(begun, 1)).toEqual({ decision: 'nobody_decided' });
    expect(await ended(begun)).toMatchObject({ status: 'FAILED', error: { code: 'CANCELLED' } });
  });

  it('time out with the run when no person answers', async () => {
    const begun = await begin({ tieBreaker: 'escalate', timeoutSeconds: 600 });
    const { world, run } = begun;
    await votes(begun, { ann: 'keep', ben: 'keep', cem: 'ship', dia: 'ship' });
    await tally(begun);
    await world.enterStage(run, 1);
    world.advance(600_000);
    await sweep(world.services);
    expect(await tally(begun, 1)).toEqual({ decision: 'stopped' });
    expect(await ended(begun)).toMatchObject({ status: 'TIMED_OUT' });
  });
});

describe('whatever happens', () => {
  it('the same votes decide the same, wherever the tally died before', async () => {
    for (let failing = 1; failing < 20; failing++) {
      const begun = await begin({ tieBreaker: 'random' });
      await votes(begun, { ann: 'keep', ben: 'keep', cem: 'ship', dia: 'ship' });
      let calls = 0;
      begun.world.hooks.after = () => {
        calls += 1;
        if (calls === failing) throw new Error('died');
      };
      await tally(begun).catch(() => undefined);
      delete begun.world.hooks.after;
      const first = await tally(begun);
      expect(await tally(begun)).toEqual(first);
      expect(await ended(begun)).toMatchObject({ status: 'SUCCEEDED', output: { by: 'tie_break', cast: 4 } });
    }
  });

  it('a cancelled run counts nothing and leaves no vote open', async () => {
    const begun = await begin();
    await vote(begun, 'ann', 'ship');
    await cancelRun(begun.world.services, owner, begun.run.runId, 'enough');
    await begun.world.drainTasks();
    expect(begun.world.tasks().filter(({ status }) => /PENDING|QUEUED|ASSIGNED/.test(status))).toEqual([]);
    expect(await tally(begun)).toEqual({ decision: 'stopped' });
    expect(await ended(begun)).toMatchObject({ status: 'CANCELLED' });
  });
});
