import { decodeSegment } from './decode-segment.ts';
import type { HttpRouteSpec } from './spec.ts';
import { UnsupportedApiError } from './spec.ts';

type Segment =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'greedy'; readonly name: string };

interface CompiledRoute {
  readonly spec: HttpRouteSpec;
  readonly method: string;
  readonly segments: readonly Segment[];
}

/** A route chosen for a request, with its decoded path parameters. */
export interface RouteMatch {
  readonly route: HttpRouteSpec;
  readonly pathParameters: Readonly<Record<string, string>>;
}

const rank = { literal: 0, variable: 1, greedy: 2 } as const;

function compileSegment(text: string, isLast: boolean, routeKey: string): Segment {
  const variable = /^\{([\w.:-]+)(\+?)\}$/.exec(text);
  if (variable === null) {
    if (/[{}]/.test(text)) throw new UnsupportedApiError(`Route "${routeKey}": "${text}" is not a path segment.`);
    return { kind: 'literal', text };
  }
  const name = variable[1] ?? '';
  if (variable[2] !== '+') return { kind: 'variable', name };
  if (!isLast) throw new UnsupportedApiError(`Route "${routeKey}": a greedy variable must be the last segment.`);
  return { kind: 'greedy', name };
}

function compileRoute(spec: HttpRouteSpec): CompiledRoute {
  const [, method, path] = /^([A-Z]+) (\/.*)$/.exec(spec.routeKey) ?? [];
  if (method === undefined || path === undefined) {
    throw new UnsupportedApiError(`Route key "${spec.routeKey}" is neither "$default" nor "METHOD /path".`);
  }
  const parts = path.slice(1).split('/');
  return {
    spec,
    method,
    segments: parts.map((part, index) => compileSegment(part, index === parts.length - 1, spec.routeKey)),
  };
}

/** Full match before greedy, literal before variable, the named method before ANY. */
function compareRoutes(a: CompiledRoute, b: CompiledRoute): number {
  const shared = Math.min(a.segments.length, b.segments.length);
  for (let index = 0; index < shared; index += 1) {
    const difference = rank[a.segments[index]?.kind ?? 'greedy'] - rank[b.segments[index]?.kind ?? 'greedy'];
    if (difference !== 0) return difference;
  }
  return b.segments.length - a.segments.length || Number(a.method === 'ANY') - Number(b.method === 'ANY');
}

function matchSegment(segment: Segment, parts: readonly string[], index: number): string | undefined {
  const part = parts[index];
  if (part === undefined || part === '') return segment.kind === 'literal' && part === segment.text ? '' : undefined;
  if (segment.kind === 'greedy') return decodeSegment(parts.slice(index).join('/'));
  if (segment.kind === 'variable') return decodeSegment(part);
  return decodeSegment(part) === segment.text ? '' : undefined;
}

function matchRoute(route: CompiledRoute, parts: readonly string[]): Record<string, string> | undefined {
  const isGreedy = route.segments.at(-1)?.kind === 'greedy';
  if (isGreedy ? parts.length < route.segments.length : parts.length !== route.segments.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [index, segment] of route.segments.entries()) {
    const value = matchSegment(segment, parts, index);
    if (value === undefined) return undefined;
    if (segment.kind !== 'literal') parameters[segment.name] = value;
  }
  return parameters;
}

/**
 * Builds the route table of an HTTP API.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
 * @throws {@link UnsupportedApiError} when a route key is malformed.
 */
export function compileRoutes(
  specs: readonly HttpRouteSpec[],
): (method: string, path: string) => RouteMatch | undefined {
  const fallback = specs.find((spec) => spec.routeKey === '$default');
  const routes = specs
    .filter((spec) => spec.routeKey !== '$default')
    .map((spec) => compileRoute(spec))
    .toSorted(compareRoutes);
  return (method, path) => {
    const parts = path.replace(/^\//, '').split('/');
    for (const route of routes) {
      if (route.method !== 'ANY' && route.method !== method) continue;
      const pathParameters = matchRoute(route, parts);
      if (pathParameters !== undefined) return { route: route.spec, pathParameters };
    }
    return fallback && { route: fallback, pathParameters: {} };
  };
}
