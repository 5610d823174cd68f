import { createConfig, lintFromString } from '@redocly/openapi-core';

/**
 * What the linter has against a description, by its recommended rules; every warning counts.
 * What is planned and always refused so far has no 2xx reply to show. Two paths such as /v1/agents/{agentId} and /v1/agents/stats are told apart by API Gateway, which takes the literal one.
 */
export const lintSpec = async (source: string, path: string): Promise<readonly string[]> => {
  const config = await createConfig({
    extends: ['recommended'],
    rules: { 'no-ambiguous-paths': 'off', 'operation-2xx-response': 'off' },
  });
  const problems = await lintFromString({ source, absoluteRef: path, config });
  return problems.map(
    ({ ruleId, message, location }) => `${path}: ${ruleId}: ${message} (${location[0]?.pointer ?? ''})`,
  );
};
