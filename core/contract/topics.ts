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

const isAny = (word: string | undefined): boolean => word === '#';

const areAlike = (word: string | undefined, other: string | undefined): boolean =>
  word !== undefined && other !== undefined && (word === '*' || other === '*' || word === other);

/** Whether there is a topic that both patterns name. Time is words of the one times words of the other. */
export const patternsMeet = (pattern: TopicPattern, other: TopicPattern): boolean => {
  const [rows, columns] = [pattern.split('.'), other.split('.')];
  // below[j]: what is left of the pattern and of the other from its word j on can stand for the same words.
  let below: readonly boolean[] = [];
  for (let row = rows.length; row >= 0; row--) {
    const here: boolean[] = [];
    for (let column = columns.length; column >= 0; column--) {
      const isEnd = row === rows.length && column === columns.length;
      const skipsRow = (isAny(rows[row]) || isAny(columns[column])) && below[column] === true;
      const skipsColumn = (isAny(rows[row]) || isAny(columns[column])) && here[column + 1] === true;
      here[column] =
        isEnd || skipsRow || skipsColumn || (areAlike(rows[row], columns[column]) && below[column + 1] === true);
    }
    below = here;
  }
  return below[0] === true;
};

/** Where a pattern's subscriptions lie: with all that begin with its first word, or with those that begin with any. */
export const shelfOf = (pattern: TopicPattern): string => {
  const [first = ''] = pattern.split('.');
  return first === '#' ? '*' : first;
};

/** Where the subscriptions lie that may be of a topic. */
export const shelvesOf = (topic: Topic): readonly string[] => [shelfOf(topic), '*'];
