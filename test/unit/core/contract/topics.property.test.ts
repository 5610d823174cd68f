import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Topic, TopicPattern } from '#core/contract/messaging.ts';
import { matchesTopic, shelfOf, shelvesOf } from '#core/contract/topics.ts';

const word = fc.constantFrom('a', 'b', 'c');
const topics = fc.array(word, { minLength: 1, maxLength: 6 }).map((words) => words.join('.'));
const patterns = fc
  .array(fc.oneof(word, fc.constantFrom('*', '#')), { minLength: 1, maxLength: 6 })
  .map((words) => words.join('.'));

/** The same by a regular expression over `.a.b.c`. */
const oracle = (pattern: string, topic: string): boolean => {
  const parts = pattern.split('.').map((part) => {
    if (part === '#') return '(?:\\.[a-z]+)*';
    return part === '*' ? '\\.[a-z]+' : `\\.${part}`;
  });
  return new RegExp(`^${parts.join('')}$`).test(`.${topic}`);
};

describe('matchesTopic', () => {
  it('takes * for one word and # for any number of them', () => {
    fc.assert(
      fc.property(patterns, topics, (pattern, topic) => {
        expect(matchesTopic(pattern, topic)).toBe(oracle(pattern, topic));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['reviews.*.done', 'reviews.security.done', true],
    ['reviews.*.done', 'reviews.done', false],
    ['reviews.#', 'reviews', true],
    ['#', 'anything.at.all', true],
    ['*', 'two.words', false],
    ['reviews', 'reviews.more', false],
  ])('%s and %s: %s', (pattern, topic, is) => {
    expect(matchesTopic(pattern, topic)).toBe(is);
  });

  it('finds every subscription where its pattern lies', () => {
    fc.assert(
      fc.property(patterns, topics, (pattern, topic) => {
        expect(!matchesTopic(pattern, topic) || shelvesOf(topic).includes(shelfOf(pattern))).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('does not take exponential time', () => {
    const pattern = Array.from({ length: 30 }, () => '#').join('.');
    expect(matchesTopic(`${pattern}.z`, Array.from({ length: 40 }, () => 'a').join('.'))).toBe(false);
  });

  it.each(['', '.a', 'a.', 'a..b', 'a b', 'a#', 'a*.b'])('is not asked about the pattern "%s"', (text) => {
    expect(TopicPattern.safeParse(text).success).toBe(false);
  });

  it.each(['*', 'a.#'])('is not asked about the topic "%s"', (text) => {
    expect(Topic.safeParse(text).success).toBe(false);
  });
});
