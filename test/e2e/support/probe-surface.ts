import { type Described, ServedDescription } from '#test/functions/surface/description.ts';

/** At once: far fewer than the gateway takes. */
const lanes = 6;

interface Asked {
  readonly operation: Described;
  readonly key?: string;
  readonly query?: string;
  readonly text?: string | undefined;
}

/** What a platform answered. */
export interface Surface {
  /** Answers that are not as described, each with its request. */
  readonly faults: readonly string[];
  readonly operations: number;
  /** How many had each status. */
  readonly statuses: Readonly<Record<string, number>>;
}

const requestsTo = (operation: Described, key: string): readonly Asked[] => {
  const isRead = operation.method === 'GET';
  const text = isRead || operation.example === undefined ? undefined : JSON.stringify(operation.example);
  return [
    { operation, key, text },
    { operation, text },
    isRead ? { operation, key, query: '?no=such' } : { operation, key, text: '{"no":"such"}' },
  ];
};

const send = async (origin: string, { operation, key, query = '', text }: Asked) => {
  const { method, path } = operation;
  const response = await fetch(`${origin}${path.replaceAll(/\{\w+\}/g, 'x')}${query}`, {
    method,
    headers: {
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      ...(text === undefined ? {} : { 'content-type': 'application/json' }),
    },
    body: text ?? null,
  });
  const said = await response.text();
  const contentType = response.headers.get('content-type') ?? '';
  return { status: response.status, contentType, body: contentType.includes('json') ? JSON.parse(said) : said };
};

/**
 * Asks every operation that a platform describes a few things: its example, the same without a key, and
 * a field that there is none of. Ids in paths are unknown ones. Do it as a tenant of its own: it may be shut down after.
 * @param http where it is, `http://…/v1`
 */
export const probeSurface = async (http: string, key: string): Promise<Surface> => {
  const origin = http.replace(/\/v1$/, '');
  const described = await fetch(`${http}/openapi.json`, { headers: { authorization: `Bearer ${key}` } });
  const served = new ServedDescription(await described.json());
  const queue = served.operations.flatMap((operation) => requestsTo(operation, key));
  const faults: string[] = [];
  const statuses: Record<string, number> = {};
  const lane = async (): Promise<void> => {
    for (let asked = queue.shift(); asked !== undefined; asked = queue.shift()) {
      const answer = await send(origin, asked);
      statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
      const isFault = answer.status >= 500 && ![501, 503].includes(answer.status);
      const fault = isFault ? 'a fault' : served.fault(asked.operation, answer);
      if (fault !== undefined)
        faults.push(`${asked.operation.key} ${asked.text ?? asked.query ?? ''}: ${answer.status} ${fault}`);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return { faults, operations: served.operations.length, statuses };
};
