import type { Topic, TopicPattern } from './messaging.ts';

/**
 * Whether a topic is one that a pattern names: `*` stands for exactly one word, `#` for any number of them, also none.
 * Time is words of the topic times words of the pattern, whatever both are.
 */
export const matchesTopic = (pattern: TopicPattern, topic: Topic): boolean => {
  const words = topic.split('.');
  // reached[i]: the parts of the pattern so far can stand for the first i words.
  let reached = [true, ...words.map(() => false)];
  for (const part of pattern.split('.')) {
    const next = reached.map(() => false);
    for (const [index, isReached] of reached.entries()) {
      const before = index > 0 && reached[index - 1] === true;
      if (part === '#') next[index] = isReached || (index > 0 && next[index - 1] === true);
      else next[index] = before && (part === '*' || part === words[index - 1]);
    }
    reached = next;
  }
  return reached.at(-1) === true;
};

/** Where a pattern's subscriptions lie: with all that begin with its first word, or with those that begin with any. */
export const shelfOf = (pattern: TopicPattern): string => {
  const [first = ''] = pattern.split('.');
  return first === '#' ? '*' : first;
};

/** Where the subscriptions lie that may be of a topic. */
export const shelvesOf = (topic: Topic): readonly string[] => [shelfOf(topic), '*'];
