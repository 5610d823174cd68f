import { defineConfig } from 'vitest/config';

/**
 * Files of a project share a process: loading the same modules for each took half of the time of the fast ones, and a
 * platform is quick once its code has run for another. What a test puts in the place of something is put back before the next.
 */
const together = { isolate: false, unstubEnvs: true, unstubGlobals: true, restoreMocks: true };

const slow = { testTimeout: 120_000, hookTimeout: 120_000 };

/** Threads of each function: starting more takes longer than what they save. */
const endToEnd = {
  ...slow,
  ...together,
  env: { LOCAL_ENVIRONMENTS: '2' },
  setupFiles: ['test/e2e/support/record-grants.ts'],
};

/** What looks at who was at work at the same time, or at how soon a start is over: after all others, one at a time. */
const alone = ['test/e2e/local-start.test.ts', 'test/e2e/modes/{consensus,dag}.test.ts'];

/** What takes minutes: only when it is asked for, by `npm run test:large`. */
const large = {
  test: {
    name: 'e2e-large',
    include: ['test/e2e/large/**/*.test.ts'],
    ...endToEnd,
    testTimeout: 900_000,
  },
};

export default defineConfig({
  test: {
    // As many as there are cores: one is kept back by default, and of two that is half.
    maxWorkers: '100%',
    projects: [
      {
        test: {
          name: 'fast',
          include: ['test/{unit,functions,statemachines,simulation}/**/*.test.ts'],
          testTimeout: 20_000,
          ...together,
        },
      },
      { test: { name: 'contract', include: ['test/contract/**/*.test.ts'], ...slow } },
      {
        test: {
          name: 'infra',
          include: ['test/infra/**/*.test.ts'],
          setupFiles: ['test/infra/remove-assemblies.ts'],
          ...slow,
          ...together,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          exclude: [...alone, 'test/e2e/large/**'],
          ...endToEnd,
        },
      },
      {
        test: {
          name: 'e2e-alone',
          include: alone,
          ...endToEnd,
          fileParallelism: false,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
      ...(process.env['MUSTER_LARGE'] === undefined ? [] : [large]),
    ],
  },
});
