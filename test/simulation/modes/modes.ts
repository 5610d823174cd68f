import { approval } from './approval.ts';
import { auction } from './auction.ts';
import { consensus } from './consensus.ts';
import { dag } from './dag.ts';
import { hierarchical } from './hierarchical.ts';
import { leaderElect } from './leader-elect.ts';
import { mapReduce } from './map-reduce.ts';
import type { ModePlot } from './mode.ts';
import { nested } from './nested.ts';
import { parallel } from './parallel.ts';
import { pipeline } from './pipeline.ts';
import { sequential } from './sequential.ts';
import { swarmFanout } from './swarm-fanout.ts';
import { swarmStigmergic } from './swarm-stigmergic.ts';

/** Every mode that runs are started in. */
export const modes: readonly ModePlot[] = [
  sequential,
  parallel,
  dag,
  mapReduce,
  pipeline,
  nested,
  approval,
  consensus,
  hierarchical,
  swarmFanout,
  swarmStigmergic,
  auction,
  leaderElect,
];
