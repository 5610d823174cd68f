import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Topic, TopicPattern } from '#core/contract/messaging.ts';
import { matchesTopic, patternsMeet, shelfOf, shelvesOf } from '#core/contract/topics.ts';

/** Every topic of up to six words, of which none of the patterns has the last. */
const allTopics = ((): readonly string[] => {
  const found: string[] = [];
  let level = ['a', 'b', 'z'];
  for (let length = 1; length <= 6; length++) {
    found.push(...level);
    level = level.flatMap((topic) => ['a', 'b', 'z'].map((next) => `${topic}.${next}`));
  }
  return found;
})();
const shortPatterns = fc
  .array(fc.constantFrom('a', 'b', '*', '#'), { minLength: 1, maxLength: 3 })
  .map((words) => words.join('.'));

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

describe('patternsMeet', () => {
  it('says whether there is a topic that both name', () => {
    fc.assert(
      fc.property(shortPatterns, shortPatterns, (one, other) => {
        const isThere = allTopics.some((topic) => matchesTopic(one, topic) && matchesTopic(other, topic));
        expect(patternsMeet(one, other)).toBe(isThere);
      }),
      { numRuns: 300 },
    );
  });

  it('is asked of a topic as of a pattern without wildcards', () => {
    fc.assert(
      fc.property(patterns, topics, (pattern, topic) => {
        expect(patternsMeet(pattern, topic)).toBe(matchesTopic(pattern, topic));
        expect(patternsMeet(topic, pattern)).toBe(matchesTopic(pattern, topic));
      }),
      { numRuns: 500 },
    );
  });

  it('does not take exponential time', () => {
    const many = Array.from({ length: 60 }, () => '#').join('.');
    expect(patternsMeet(`${many}.y`, `${many}.z`)).toBe(false);
  });
});
