import { randomUUID } from 'node:crypto';

/** Values of a path's parameters that are well-formed and name nothing. */
export const unknownParams = (path: string): Record<string, string> => {
  const id = randomUUID();
  const values: Readonly<Record<string, string>> = {
    agentId: `agt_${id}`,
    taskId: `tsk_${id}`,
    runId: `run_${id}`,
    conflictId: `cfl_${id}`,
    attempt: '1',
    version: '1',
  };
  return Object.fromEntries(
    [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => [name, values[name] ?? `x-${id.slice(0, 8)}`]),
  );
};
