import type { Layered, Rule } from '../../contract/task.ts';

/**
 * The rule for a task's complexity: that of the first layer reaching up to it. Nothing to say for a task without a
 * complexity, or above the last layer.
 */
export const ruleOfLayer = ({ layers }: Layered, complexity: number | undefined): Rule | undefined =>
  complexity === undefined ? undefined : layers.find(({ upTo }) => complexity <= upTo)?.strategy;
