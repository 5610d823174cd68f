import assert from 'node:assert/strict';
import * as z from 'zod';
import type { Described, ServedDescription } from './description.ts';
import type { SurfacePlatform, WireAnswer } from './platform.ts';
import type { Arrangement, SurfaceWorld } from './world.ts';

/** A request to one operation. */
export interface SurfaceRequest extends Arrangement {
  readonly key?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** Without any credential. */
  readonly isAnonymous?: boolean;
  /** The body as it is, JSON or not. */
  readonly text?: string;
}

export const AnyObject = z.record(z.string(), z.unknown());

const without = (fields: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

/** A generated body with the fields that make sense of it here. */
export const bodyOf = (generated: unknown, { body, fix }: Arrangement): unknown =>
  body ?? (fix === undefined ? generated : without({ ...AnyObject.parse(generated), ...fix }));

const pathOf = (path: string, params: Readonly<Record<string, string>> = {}): string =>
  path.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => encodeURIComponent(params[name] ?? 'x'));

/** Keys that are refused: of a tenant that has used up its minute, and two of which one lacks any scope. */
export interface RefusedKeys {
  readonly spent: string;
  readonly onlyTickets: string;
  readonly onlyTasks: string;
}

/** Sends requests, holds each answer to the served description, and counts. */
export class Probe {
  readonly world: SurfaceWorld;
  readonly served: ServedDescription;
  readonly keys: RefusedKeys;
  readonly #platform: SurfacePlatform;
  #counts = new Map<string, Map<number, number>>();

  constructor(platform: SurfacePlatform, world: SurfaceWorld, served: ServedDescription, keys: RefusedKeys) {
    this.#platform = platform;
    this.world = world;
    this.served = served;
    this.keys = keys;
  }

  /** The same for another tenant, counted together. */
  as(world: SurfaceWorld): Probe {
    const other = new Probe(this.#platform, world, this.served, this.keys);
    other.#counts = this.#counts;
    return other;
  }

  async send(operation: Described, request: SurfaceRequest): Promise<WireAnswer> {
    const answer = await this.#fetch(operation, request);
    const said = JSON.stringify(answer.body)?.slice(0, 600);
    const told = `${operation.key} with ${JSON.stringify(request).slice(0, 600)} answers ${answer.status} ${said}`;
    assert.ok(answer.status === 501 || answer.status < 500, told);
    const fault = this.served.fault(operation, answer);
    assert.equal(fault, undefined, `${fault}: ${told}`);
    const seen = this.#counts.get(operation.key) ?? new Map<number, number>();
    this.#counts.set(operation.key, seen.set(answer.status, (seen.get(answer.status) ?? 0) + 1));
    return answer;
  }

  #fetch({ method, path }: Described, request: SurfaceRequest): Promise<WireAnswer> {
    const query = new URLSearchParams(request.query).toString();
    const text = request.text ?? (request.body === undefined ? undefined : JSON.stringify(request.body));
    return this.#platform.send({
      method,
      target: `${pathOf(path, request.params)}${query === '' ? '' : `?${query}`}`,
      headers: {
        ...(request.isAnonymous === true ? {} : { authorization: `Bearer ${request.key ?? this.world.key}` }),
        ...(text === undefined ? {} : { 'content-type': 'application/json' }),
        ...request.headers,
      },
      text: method === 'GET' ? undefined : text,
    });
  }

  /** How often an operation answered with a status. */
  count({ key }: Described, status: number): number {
    return this.#counts.get(key)?.get(status) ?? 0;
  }

  /** Each status with its share of all answers. */
  shares(): string {
    const totals = new Map<number, number>();
    for (const seen of this.#counts.values())
      for (const [status, count] of seen) totals.set(status, (totals.get(status) ?? 0) + count);
    const all = [...totals.values()].reduce((sum, count) => sum + count, 0);
    const shares = [...totals]
      .toSorted(([one], [other]) => one - other)
      .map(([status, count]) => `${status}: ${count} (${((100 * count) / all).toFixed(1)} %)`);
    const good = [...this.#counts]
      .map(([key, seen]) => ({ key, count: [...seen].reduce((sum, [status, n]) => sum + (status < 300 ? n : 0), 0) }))
      .filter(({ count }) => count > 0)
      .toSorted((one, other) => one.count - other.count);
    const fewest = good.slice(0, 1).map(({ key, count }) => `fewest of 2xx: ${count} (${key})`);
    return [`${all} requests on ${this.#counts.size} operations: ${shares.join(', ')}`, ...fewest].join('; ');
  }
}
