import * as z from 'zod';

/** Four levels, ageing included: a waiting `low` task overtakes younger `critical` ones after 70 minutes. */
export const Priority = z.enum(['low', 'normal', 'high', 'critical']);
export type Priority = z.infer<typeof Priority>;
