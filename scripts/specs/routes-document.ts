import { publicRoutes } from '#core/contract/approval-link.ts';
import { answerOperations } from '#core/contract/operations/answers.ts';
import { operations } from '#core/contract/operations/operations.ts';
import { allows, frameScopes, Role, Scope } from '#core/contract/roles.ts';
import { type Route, routes } from '#core/contract/routes.ts';

const rolesWith = (scope: Scope): string => Role.options.filter((role) => allows(role, scope)).join(', ');

const rowOf = ({ key, scope }: Route): string => {
  const operation = Object.entries(operations).find(([name]) => name === key)?.[1];
  return `| \`${key}\` | ${operation?.summary ?? ''} | \`${scope}\` | ${rolesWith(scope)} |`;
};

const frameRows = (): readonly string[] =>
  Object.entries(frameScopes).map(([type, scope]) => `| \`${type}\` | \`${scope}\` | ${rolesWith(scope)} |`);

const scopeRows = (): readonly string[] =>
  Scope.options.map((scope) => {
    const isUsed = routes.some((route) => route.scope === scope) || Object.values<Scope>(frameScopes).includes(scope);
    return `| \`${scope}\` | ${rolesWith(scope)} | ${isUsed ? '' : (alsoNeeded[scope] ?? '')} |`;
  });

/** What needs a scope beside the route or frame that it comes by. */
const alsoNeeded: Partial<Record<Scope, string>> = {
  'secrets:use': 'a task that names `secrets`, whatever way it is submitted or done again',
};

/** Every route and frame with who may use it, to be read. */
export const routesDocument = (): string => `# Routes and frames

Written by \`npm run specs\` from \`core/contract/\`. What each route takes, answers and refuses stands in the OpenAPI description
(\`functions/http/specs/openapi.json\`, served as \`GET /v1/openapi.json\`), frames in the AsyncAPI description beside it.

## Routes

| route | does | scope | roles |
| --- | --- | --- | --- |
${routes.map(rowOf).join('\n')}

## Routes without a key

The token of the path is the credential: \`POST /v1/approvals/{taskId}/links\` makes one.

| route | does |
| --- | --- |
${publicRoutes.map((key) => `| \`${key}\` | ${answerOperations[key].summary} |`).join('\n')}

## Frames that clients send

| frame | scope | roles |
| --- | --- | --- |
${frameRows().join('\n')}

## Scopes

A key has those of its role, or of these only the ones that it was made with. The home tenant that some routes speak of is \`default\`
([roles](protocol.md#roles)).

| scope | roles | needed beside a route's or frame's own for |
| --- | --- | --- |
${scopeRows().join('\n')}
`;
