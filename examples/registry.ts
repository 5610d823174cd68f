import { featureTeam } from './feature-team/example.ts';
import type { Example } from './shared/example.ts';

/** Every example, in the order of the list. */
export const examples: readonly Example[] = [featureTeam];
