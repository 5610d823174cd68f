import * as z from 'zod';

/** What the parts of a swarm came to, as the platform tells it: a part that failed has no output. */
export const swarmPartsOf = <Output extends z.ZodType>(output: Output) =>
  z
    .array(z.looseObject({ id: z.string(), status: z.string(), output: z.unknown() }))
    .transform((parts) =>
      parts.filter(({ status }) => status === 'succeeded').map((part) => output.parse(part.output)),
    );
