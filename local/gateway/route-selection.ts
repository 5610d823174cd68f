import type { WebSocketRouteSpec } from './spec.ts';
import { UnsupportedApiError } from './spec.ts';

const reserved = new Set(['$connect', '$disconnect', '$default']);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function valueAt(body: unknown, path: readonly string[]): unknown {
  let value = body;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = Object.entries(value).find(([key]) => key === name)?.[1];
  }
  return value;
}

/**
 * Chooses the route of a message: the custom route the expression names, else `$default`, else none.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-routes.html
 * @throws {@link UnsupportedApiError} for an expression that is not one property of the body.
 */
export function createRouteSelector(
  expression: string,
  routes: readonly WebSocketRouteSpec[],
): (message: string) => WebSocketRouteSpec | undefined {
  const path = /^\$\{?request\.body\.([\w-]+(?:\.[\w-]+)*)\}?$/.exec(expression)?.[1]?.split('.');
  if (path === undefined) {
    throw new UnsupportedApiError(`Route selection expression "${expression}" is not "$request.body.<property>".`);
  }
  const byKey = new Map(routes.map((route) => [route.routeKey, route]));
  return (message) => {
    const key = valueAt(parseJson(message), path);
    const isKey = typeof key === 'string' || typeof key === 'number' || typeof key === 'boolean';
    const custom = isKey && !reserved.has(String(key)) ? byKey.get(String(key)) : undefined;
    return custom ?? byKey.get('$default');
  };
}
