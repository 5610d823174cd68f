import { AwsError } from '../contract.ts';

/** What is wrong with a definition, and where: `/States/Ask voters/Arguments/MessageBody`; null is nowhere in particular. */
export interface DefinitionProblem {
  readonly code: string;
  readonly message: string;
  readonly path: string | null;
}

/** The error CreateStateMachine answers for a bad definition; its message lists every problem with its path. */
export function invalidDefinition(problems: readonly DefinitionProblem[]): AwsError {
  const list = problems.map(({ code, message, path }) => `${code}: ${message} at ${path === '' ? '/' : path}`);
  return new AwsError('InvalidDefinition', `Invalid State Machine Definition: '${list.join(', ')}'`);
}
