/** The bootstrap key's secret part. */
export interface Secrets {
  bootstrapSecret(): Promise<string>;
}
