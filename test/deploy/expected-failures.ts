import type { ExpectedFailure } from './judge.ts';

/** What MiniStack of the pinned version cannot show. Strict: an entry whose step passes fails the check. */
export const expectedFailures: readonly ExpectedFailure[] = [
  {
    step: 'generated-key',
    reason:
      'MiniStack generates the secret of a template without regard to ExcludePunctuation; AWS keeps to letters and digits.',
  },
];
