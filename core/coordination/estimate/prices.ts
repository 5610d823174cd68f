/**
 * List prices of billable units in US dollars per million: us-east-1, first tier, without free allowances. Read in
 * September 2026.
 *
 * @see https://aws.amazon.com/step-functions/pricing/
 * @see https://aws.amazon.com/api-gateway/pricing/
 * @see https://aws.amazon.com/lambda/pricing/
 * @see https://aws.amazon.com/dynamodb/pricing/on-demand/
 */
export const usdPerMillion = {
  stateTransition: 25,
  webSocketMessage: 1,
  lambdaRequest: 0.2,
  /** Arm. */
  lambdaGbSecond: 13.3334,
  dynamoWriteUnit: 0.625,
  dynamoReadUnit: 0.125,
} as const;

/** A kind of unit that is billed. */
export type BillableUnit = keyof typeof usdPerMillion;

/** How many of which units something takes. */
export type Units = Readonly<Partial<Record<BillableUnit, number>>>;

/** A task over sockets with 1 KB of input and output, once assigned, accepted and answered, every frame acknowledged. */
export const unitsPerTask: Units = {
  webSocketMessage: 5,
  lambdaRequest: 2,
  // Two invocations of 30 ms at 256 MB.
  lambdaGbSecond: 0.015,
  dynamoWriteUnit: 7,
  dynamoReadUnit: 8,
};

/** What a task takes more as a member of a stage: its marker is written and removed, and what is left is read. */
export const unitsPerStageMember: Units = { dynamoWriteUnit: 2, dynamoReadUnit: 2 };

const pricesByUnit: readonly (readonly [BillableUnit, number])[] = [
  ['stateTransition', usdPerMillion.stateTransition],
  ['webSocketMessage', usdPerMillion.webSocketMessage],
  ['lambdaRequest', usdPerMillion.lambdaRequest],
  ['lambdaGbSecond', usdPerMillion.lambdaGbSecond],
  ['dynamoWriteUnit', usdPerMillion.dynamoWriteUnit],
  ['dynamoReadUnit', usdPerMillion.dynamoReadUnit],
];

/** What units cost in US dollars. */
export const costOf = (units: Units): number =>
  pricesByUnit.reduce((sum, [unit, price]) => sum + (units[unit] ?? 0) * price, 0) / 1_000_000;
