import * as z from 'zod';

/** A number that users choose: within what the table keeps exactly, with room to add such numbers up. */
export const Amount = z.number().min(-1e15).max(1e15);
