import { choiceRows } from './choice.ts';
import { contextRows } from './context.ts';
import { dataFlowRows } from './data-flow.ts';
import { definitionRows } from './definitions.ts';
import { failRows } from './fail.ts';
import { functionRows } from './functions.ts';
import { functionEdgeRows } from './functions-at-the-edge.ts';
import { mapRows } from './map.ts';
import { mapFailureRows } from './map-failures.ts';
import { parallelRows } from './parallel.ts';
import { retryRows } from './retry.ts';
import type { Row } from './row.ts';
import { taskRows } from './task.ts';
import { textRows } from './text.ts';
import { validationRows } from './validation.ts';
import { variableRows } from './variables.ts';
import { waitRows } from './wait.ts';

/** The conformance table, by topic. */
export const topics: readonly { readonly title: string; readonly rows: readonly Row[] }[] = [
  { title: 'Data flow', rows: dataFlowRows },
  { title: 'Text and regular expressions', rows: textRows },
  { title: 'Functions', rows: functionRows },
  { title: 'Functions: odd arguments and bounds', rows: functionEdgeRows },
  { title: 'Variables', rows: variableRows },
  { title: 'Context object', rows: contextRows },
  { title: 'Choice', rows: choiceRows },
  { title: 'Wait', rows: waitRows },
  { title: 'Fail', rows: failRows },
  { title: 'Task and Catch', rows: taskRows },
  { title: 'Retry', rows: retryRows },
  { title: 'Parallel', rows: parallelRows },
  { title: 'Map', rows: mapRows },
  { title: 'Map: failures and refusals', rows: mapFailureRows },
  { title: 'Definitions', rows: definitionRows },
  { title: 'Validation as measured', rows: validationRows },
];
