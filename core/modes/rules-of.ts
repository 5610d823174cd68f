import type { WorkflowDefinition } from '../contract/workflow.ts';
import { auctionRules } from './auction.ts';
import { consensusRules } from './consensus.ts';
import { dagRules } from './dag.ts';
import { hierarchicalRules } from './hierarchical.ts';
import { leaderElectRules } from './leader-elect.ts';
import { mapReduceRules } from './map-reduce.ts';
import type { ModeRules } from './mode-rules.ts';
import { parallelRules } from './parallel.ts';
import { pipelineRules } from './pipeline.ts';
import { sequentialRules } from './sequential.ts';
import { swarmFanoutRules } from './swarm-fanout.ts';
import { swarmStigmergicRules } from './swarm-stigmergic.ts';

/** The rules by which a definition is run. */
export const rulesOf = (definition: WorkflowDefinition): ModeRules => {
  switch (definition.mode) {
    case 'sequential':
      return sequentialRules(definition);
    case 'parallel':
      return parallelRules(definition);
    case 'dag':
      return dagRules(definition);
    case 'consensus':
      return consensusRules(definition);
    case 'map_reduce':
      return mapReduceRules(definition);
    case 'hierarchical':
      return hierarchicalRules(definition);
    case 'swarm':
      return definition.variant === 'fanout' ? swarmFanoutRules(definition) : swarmStigmergicRules(definition);
    case 'auction':
      return auctionRules(definition);
    case 'leader_elect':
      return leaderElectRules(definition);
    case 'pipeline':
      return pipelineRules(definition);
  }
};
