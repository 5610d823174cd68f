import type { Mode } from '../contract/workflow.ts';

/** What a stage's outcome means for its run, and how its token is answered. */
export interface AfterStage {
  readonly run: 'continue' | 'succeed' | 'fail';
  /** A token is failed only where the mode says that the failure stops the state machine. */
  readonly token: 'succeed' | 'fail';
}

/** The mode's rule. Pure. */
export const afterStage = (mode: Mode, outcome: 'SUCCEEDED' | 'FAILED', isLast: boolean): AfterStage => {
  const ends = isLast ? 'succeed' : 'continue';
  switch (mode) {
    case 'sequential':
      return outcome === 'SUCCEEDED' ? { run: ends, token: 'succeed' } : { run: 'fail', token: 'fail' };
    case 'parallel':
      return { run: outcome === 'SUCCEEDED' ? ends : 'fail', token: 'succeed' };
  }
};
