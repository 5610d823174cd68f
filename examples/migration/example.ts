import { agentFiles, defineExample } from '../shared/example.ts';
import { readSourceInput } from '../shared/source-input.ts';
import { MigrationReport, MigrationRequest } from './migration.ts';
import { renderMigration } from './render.ts';
import { migrationSwarm, migrationWorkflow } from './workflow.ts';

/** Migrates a source tree, or leaves it as it was. */
export const migration = defineExample({
  name: 'migration',
  summary: 'migrates a source tree (React 17 to 18, or another name for an export) by a plan, with a rollback',
  agents: agentFiles(import.meta.url, ['planner', 'migrator', 'validator', 'coordinator']),
  input: MigrationRequest,
  output: MigrationReport,
  workflows: [migrationSwarm, migrationWorkflow],
  sample: {
    target: { type: 'framework_upgrade', fromTechnology: 'react@17', toTechnology: 'react@18' },
    files: {
      'package.json': '{ "dependencies": { "react": "^17.0.2", "react-dom": "^17.0.2" } }\n',
      'src/app.jsx': 'export const App = () => <p>Hello</p>;\n',
      'src/main.jsx':
        "import ReactDOM from 'react-dom';\nimport { App } from './app.jsx';\n\nReactDOM.render(<App />, document.getElementById('root'));\n",
    },
  },
  title: ({ target }) => `Migrating from ${target.fromTechnology} to ${target.toTechnology}`,
  prepare: async ({ directory, files, target, maxParallelSteps }) => ({
    files: await readSourceInput({ directory, files }),
    target,
    maxParallelSteps,
  }),
  render: renderMigration,
});
