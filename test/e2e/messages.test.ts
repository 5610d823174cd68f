import { describe, expect, it } from 'vitest';
import { exchangeMessages } from '../../bench/messages/exchange.ts';

describe('agents that write to each other', () => {
  it('lose, repeat and overtake nothing, whatever is cut, away or killed', async () => {
    const result = await exchangeMessages({ agents: 20, seconds: 5, batch: 10, awaySeconds: 2, repeatShare: 0.05 });
    expect(result).toMatchObject({ lost: 0, repeated: 0, outOfOrder: 0 });
    // Otherwise nothing was tried.
    expect(result.acknowledged).toBeGreaterThan(100);
    expect(result.drops).toBeGreaterThan(2);
    expect(result.downMs).toBeGreaterThan(0);
    console.log(
      `messages: ${result.acknowledged} acknowledged, ${result.perSecond.toFixed(0)}/s, down ${result.downMs.toFixed(0)} ms`,
    );
  });
});
