/** Weights and shares are counted in whole millionths, so that sums are exact whatever the order of what is summed. */
export const million = 1_000_000;

/** A number as whole millionths. */
export const toMillionths = (value: number): number => Math.round(value * million);

/** Whether a number is a share: 0 to 1. */
export const isShare = (value: number): boolean => value >= 0 && value <= 1;
