/** A layer of a hierarchy: it decides about work up to a complexity. */
export interface Layer {
  readonly name: string;
  readonly upTo: number;
}

/**
 * The lowest layer that reaches up to the complexity, whatever the order in which layers are listed. Work above all of
 * them, and work of unknown complexity, goes to the highest: too much authority is safe, too little is not.
 */
export const chooseLayer = <T extends Layer>(layers: readonly T[], complexity: number | undefined): T | undefined => {
  const ascending = layers.toSorted((a, b) => a.upTo - b.upTo);
  const fit = complexity === undefined ? undefined : ascending.find(({ upTo }) => complexity <= upTo);
  return fit ?? ascending.at(-1);
};
