import type { Json } from '#core/contract/json.ts';
import { jsonBytes } from '#core/contract/json.ts';
import { limits } from '#core/contract/limits.ts';
import { type Expression, ExpressionError, type Expressions } from '#core/ports/expressions.ts';
import type { Evaluated, Question } from './evaluate.ts';

const questionOf = (expression: Expression): Question =>
  expression.kind === 'schema'
    ? { kind: 'check-schema', schema: expression.schema }
    : { kind: 'check-transform', source: expression.source };

/** The port, on whatever answers its questions. */
export const expressionsOn = (ask: (question: Question) => Promise<Evaluated>): Expressions => {
  const valueOf = async (question: Question): Promise<Json> => {
    const evaluated = await ask(question);
    if ('problem' in evaluated) throw new ExpressionError(evaluated.problem);
    return evaluated.value;
  };
  const bounded = (value: Json): Json => {
    const bytes = jsonBytes(value);
    if (bytes <= limits.expressionResultBytes) return value;
    throw new ExpressionError(`It is given ${bytes} bytes; at most ${limits.expressionResultBytes} are taken.`);
  };
  return {
    problemWith: async (expression) => {
      const evaluated = await ask(questionOf(expression));
      return 'problem' in evaluated ? evaluated.problem : undefined;
    },
    transform: async (source, value) => valueOf({ kind: 'transform', source, value: bounded(value) }),
    misfit: async (schema, value) => {
      const misfit = await valueOf({ kind: 'validate', schema, value: bounded(value) });
      return typeof misfit === 'string' ? misfit : undefined;
    },
  };
};
