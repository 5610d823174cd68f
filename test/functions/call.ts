import { aliases } from '#core/contract/aliases.ts';
import { type Route, routes } from '#core/contract/routes.ts';
import { familyHandlers } from './family-handlers.ts';
import { callRoute, type HttpRequest, type World } from './harness.ts';

const all: readonly Route[] = routes;

/** A request to whatever function serves the route or the older path, as the gateway hands it over. */
export const call = (world: World, key: string, request?: HttpRequest) => {
  const routeKey = aliases.find((alias) => alias.key === key)?.route ?? key;
  const family = all.find((route) => route.key === routeKey)?.family;
  if (family === undefined) throw new Error(`no route ${key}`);
  return callRoute(familyHandlers[family](world.services), key, request);
};
