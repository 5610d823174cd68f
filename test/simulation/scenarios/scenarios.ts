import { accessScenarios } from './access-scenarios.ts';
import { agentsScenarios } from './agents-scenarios.ts';
import { delegationScenarios } from './delegation-scenarios.ts';
import { flowScenarios } from './flow-scenarios.ts';
import { logScenarios } from './log-scenarios.ts';
import { messageScenarios } from './message-scenarios.ts';
import { keyScenarios, nestedScenarios, pauseScenarios } from './pause-scenarios.ts';
import { runsScenarios } from './runs-scenarios.ts';
import type { Scenario } from './scene.ts';
import { slotsScenarios } from './slots-scenarios.ts';
import { stateScenarios } from './state-scenarios.ts';
import { stopScenarios } from './stop-scenarios.ts';
import { tasksScenarios } from './tasks-scenarios.ts';

/** For each named clause of core at least one interleaving that goes wrong without it. */
export const scenarios: readonly Scenario[] = [
  ...slotsScenarios,
  ...agentsScenarios,
  ...tasksScenarios,
  ...delegationScenarios,
  ...runsScenarios,
  ...pauseScenarios,
  ...nestedScenarios,
  ...keyScenarios,
  ...flowScenarios,
  ...accessScenarios,
  ...logScenarios,
  ...stateScenarios,
  ...messageScenarios,
  ...stopScenarios,
];
