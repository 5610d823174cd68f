/** What of a definition its number of state transitions depends on. */
export type ModeShape =
  | { readonly mode: 'sequential' | 'pipeline'; readonly stages: number }
  | {
      readonly mode: 'parallel' | 'dag' | 'map_reduce' | 'hierarchical' | 'auction' | 'swarm_fanout';
    }
  | { readonly mode: 'consensus'; readonly rounds: number }
  | { readonly mode: 'swarm_stigmergic'; readonly iterations: number }
  | { readonly mode: 'leader_elect'; readonly terms: number };

/** How many state transitions a run takes when nothing has to be tried again: what Step Functions bills. */
export const transitionsOf = (shape: ModeShape): number => {
  switch (shape.mode) {
    case 'sequential':
    case 'pipeline':
      return shape.stages + 1;
    case 'parallel':
    case 'dag':
      return 1;
    case 'map_reduce':
    case 'auction':
    case 'swarm_fanout':
      return 4;
    case 'hierarchical':
      return 5;
    case 'consensus':
      return 3 * shape.rounds + 1;
    case 'swarm_stigmergic':
      return 3 * shape.iterations + 1;
    case 'leader_elect':
      return 3 * shape.terms + 1;
  }
};
