import { defineConfig } from 'vitest/config';

const slow = { testTimeout: 120_000, hookTimeout: 120_000 };

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
        },
      },
      { test: { name: 'contract', include: ['test/contract/**/*.test.ts'], ...slow } },
      { test: { name: 'infra', include: ['test/infra/**/*.test.ts'], ...slow } },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          ...slow,
          // Threads of each function: starting more takes longer than what they save.
          env: { LOCAL_ENVIRONMENTS: '2' },
        },
      },
    ],
  },
});
