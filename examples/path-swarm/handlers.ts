import * as z from 'zod';
import type { TaskHandler } from '#sdk/index.ts';
import { parseInput } from '../shared/parse-input.ts';
import { chooseWays, View } from './choose-way.ts';
import { SurveyInput } from './graph.ts';
import { seededRandom } from './seeded-random.ts';
import { survey as surveyPath } from './survey.ts';

const WalkInput = z.looseObject({ iteration: z.int(), sight: z.int(), ants: z.array(View) });

/** Where an agent's ants go. The same for the same ants and iteration, whoever is asked. */
export const walk: TaskHandler = (task) => {
  const { iteration, sight, ants } = parseInput(WalkInput, task.input);
  return { ants: ants.map((ant) => chooseWays(ant, sight, seededRandom(`${iteration} ${ant.antId}`))) };
};

/** How good what they found is. */
export const survey: TaskHandler = (task) => surveyPath(parseInput(SurveyInput, task.input));
