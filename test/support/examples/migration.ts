import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { MigrationReport } from '../../../examples/migration/migration.ts';
import { type Checker, Dice } from './checker.ts';

type Tree = Record<string, string>;
interface Case {
  readonly target: Record<string, string>;
  readonly files: Tree;
  /** What stands in node_modules before and after. */
  readonly before: Tree;
  readonly after: Tree;
  /** The tree has something that no rule migrates. */
  readonly isHopeless: boolean;
}

const packageJson = (name: string): string =>
  JSON.stringify({ name, type: 'module', exports: { '.': './index.js', './client': './client.js' } });

/** What a program prints, run as it is in a folder with these packages. */
const run = (files: Tree, packages: Tree): string => {
  const folder = mkdtempSync(join(tmpdir(), 'muster-migration-'));
  try {
    const all = {
      ...files,
      ...Object.fromEntries(Object.entries(packages).map(([path, text]) => [`node_modules/${path}`, text])),
    };
    for (const [path, text] of Object.entries(all)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    const { stdout, stderr, status } = spawnSync(process.execPath, ['src/main.js'], { cwd: folder, encoding: 'utf8' });
    return status === 0 ? stdout : `failed: ${stderr}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** Ways to use `pick` of a module, each a program text that prints what it gives. */
const uses: readonly ((specifier: string, index: number) => string)[] = [
  (from, n) => `import { pick } from '${from}';\nexport const value${n} = () => pick(${n}) + { pick: 1 }.pick;`,
  (from, n) =>
    `import { pick as chosen } from '${from}';\nconst pick = 5;\nexport const value${n} = () => chosen(${n}) + pick;`,
  (from, n) =>
    `import * as api from '${from}';\nconst other = { pick: (x) => x };\nexport const value${n} = () => api.pick(${n}) + other.pick(1) + api['pick'](2);`,
  (from, n) =>
    `import { pick } from '${from}';\nconst inner = (pick) => pick * 2;\nexport const value${n} = () => [1, ${n}].map(pick).join() + inner(3) + 'pick';`,
  (from, n) =>
    `import { pick } from '${from}';\nconst tools = { pick };\nexport const value${n} = () => tools.pick(${n}) + Object.keys(tools).join();`,
  (from, n) =>
    `import { pick } from '${from}';\nconst choose = 'taken';\nexport const value${n} = () => pick(${n}) + choose;`,
  (from, n) => `export const value${n} = async () => { const { pick } = await import('${from}'); return pick(${n}); };`,
];

const makeRename = (seed: number): Case => {
  const dice = new Dice(seed);
  const isInTree = dice.chance(0.5);
  const library = (name: string): string =>
    `function helper(x) { return x * 10; }\nexport function ${name}(x) { return x > 100 ? ${name}(x - 100) : helper(x) + ${seed}; }\nexport const other = 1;\n`;
  const files: Tree = { 'package.json': JSON.stringify({ type: 'module' }) };
  if (isInTree) files['src/api.js'] = library('pick');
  const root = isInTree ? './api.js' : 'library';
  files['src/all.js'] = `export * from '${root}';\n`;
  files['src/passed.js'] = `export { pick } from '${root}';\n`;
  files['src/renamed.js'] = `import { pick } from '${root}';\nexport { pick };\nexport { pick as select };\n`;
  const sources = [root, root, './all.js', './passed.js', './renamed.js'];
  const modules = dice.times(dice.whole(4, 7), (n) => {
    const earlier = n > 0 && dice.chance(0.6) ? `import './use${dice.whole(0, n - 1)}.js';\n` : '';
    files[`src/use${n}.js`] = `${earlier}${dice.pick(uses)(dice.pick(sources), n)}\n`;
    return n;
  });
  files['src/main.js'] = `${modules.map((n) => `import { value${n} } from './use${n}.js';`).join('\n')}\n${modules
    .map((n) => `console.log(await value${n}());`)
    .join('\n')}\n`;
  const packages = (name: string): Tree => ({
    'library/package.json': packageJson('library'),
    'library/index.js': library(name),
  });
  return {
    target: {
      type: 'api_rename',
      fromTechnology: 'pick',
      toTechnology: 'choose',
      module: isInTree ? './src/api.js' : 'library',
    },
    files,
    before: packages('pick'),
    after: packages('choose'),
    isHopeless: false,
  };
};

const react = {
  'react/package.json': packageJson('react'),
  'react/index.js': 'export const createElement = (type, props) => `${type}${JSON.stringify(props)}`;\n',
};
const log = 'const say = (what, element, container) => console.log(what, element, container.id);\n';
const reactDom17 = `${log}const shown = new Set();
export const render = (element, container, callback) => { shown.add(container); say('render', element, container); callback?.(); };
export const hydrate = (element, container) => { shown.add(container); say('hydrate', element, container); };
export const unmountComponentAtNode = (container) => { const had = shown.delete(container); if (had) say('unmount', '', container); return had; };
export const createPortal = (element) => 'portal ' + element;
export default { render, hydrate, unmountComponentAtNode, createPortal };\n`;
const reactDom18 = `export const createPortal = (element) => 'portal ' + element;\nexport default { createPortal };\n`;
const client18 = `${log}const taken = new Set();
const rootFor = (container) => ({
  render: (element) => say('render', element, container),
  unmount: () => { taken.delete(container); say('unmount', '', container); },
});
const take = (container) => { if (taken.has(container)) throw new Error('two roots for ' + container.id); taken.add(container); };
export const createRoot = (container) => { take(container); return rootFor(container); };
export const hydrateRoot = (container, element) => { take(container); say('hydrate', element, container); return rootFor(container); };\n`;

/** Ways to render, each over a container of its own. */
const screens: readonly ((n: number) => string)[] = [
  (n) =>
    `import { createElement } from 'react';\nimport ReactDOM from 'react-dom';\nconst box = { id: ${n} };\nexport const show${n} = () => { ReactDOM.render(createElement('a', { n: ${n} }), box); };`,
  (n) =>
    `import { render, createPortal } from 'react-dom';\nimport { createElement } from 'react';\nconst box = { id: ${n} };\nexport const show${n} = () => { render(createPortal(createElement('b', null)), box); };`,
  (n) =>
    `import * as ReactDOM from 'react-dom';\nconst box = { id: ${n} };\nexport function show${n}() {\n  ReactDOM.hydrate('server', box);\n  ReactDOM.render('again', box);\n}`,
  (n) =>
    `import ReactDOM from 'react-dom';\nconst boxes = [{ id: ${n} }, { id: -${n} }];\nexport function show${n}() {\n  for (const box of boxes) ReactDOM.render('one', box);\n  ReactDOM.render('two', boxes[0]);\n  console.log(ReactDOM.unmountComponentAtNode(boxes[0]), ReactDOM.unmountComponentAtNode({ id: 'x' }));\n  ReactDOM.render('three', boxes[0]);\n}`,
  (n) =>
    `const ReactDOM = { render: (x) => console.log('own', x) };\nexport const show${n} = () => ReactDOM.render(${n});`,
];

const makeReact = (seed: number): Case => {
  const dice = new Dice(seed);
  const isHopeless = seed % 5 === 0;
  const files: Tree = {
    'package.json': `${JSON.stringify({ type: 'module', dependencies: { react: '^17.0.2', 'react-dom': '~17.0.2', left: '1.17.0' } }, null, 2)}\n`,
  };
  const modules = dice.times(dice.whole(3, 6), (n) => {
    files[`src/screen${n}.js`] = `${dice.pick(screens)(n)}\n`;
    return n;
  });
  if (isHopeless)
    files['src/screen0.js'] =
      `import { render } from 'react-dom';\nexport const show0 = () => render('x', { id: 0 }, () => console.log('done'));\n`;
  files['src/main.js'] =
    `${modules.map((n) => `import { show${n} } from './screen${n}.js';`).join('\n')}\n${modules.map((n) => `show${n}();`).join('\n')}\n`;
  const packages = (dom: string, client: string): Tree => ({
    ...react,
    'react-dom/package.json': packageJson('react-dom'),
    'react-dom/index.js': dom,
    'react-dom/client.js': client,
  });
  return {
    target: { type: 'framework_upgrade', fromTechnology: 'react@17', toTechnology: 'react@18' },
    files,
    before: packages(reactDom17, 'export {};\n'),
    after: packages(reactDom18, client18),
    isHopeless,
  };
};

const make = (seed: number): Case => (seed % 2 === 0 ? makeRename(seed) : makeReact(seed));

const importsOf = (text: string): string[] =>
  [...text.matchAll(/(?:from|import)\s*\(?\s*'\.\/([\w.]+)'/g)].map(([, name]) => `src/${name}`);

export const migrationChecker: Checker = {
  input: (seed) => ({ files: make(seed).files, target: make(seed).target }),
  async check(seed, given) {
    const { files, before, after, isHopeless } = make(seed);
    const report = MigrationReport.parse(given);
    const said = run(files, before);
    expect(said).not.toContain('failed');
    const position = new Map(report.batches.flatMap((batch, index) => batch.map((path) => [path, index] as const)));
    for (const batch of report.batches) expect(batch.length).toBeLessThanOrEqual(3);
    for (const [path, index] of position)
      for (const imported of importsOf(files[path] ?? ''))
        if (position.has(imported)) expect(position.get(imported)).toBeLessThan(index);
    if (isHopeless) {
      expect(report).toMatchObject({ status: 'rolled_back', files, changed: [] });
      expect(report.problems.join()).toContain('callback');
      return;
    }
    expect(report).toMatchObject({ status: 'migrated', problems: [] });
    expect(run(report.files, after)).toBe(said);
    // The old program must not run on the new version: else the test would show nothing.
    if (files['src/api.js'] === undefined) expect(run(files, after)).not.toBe(said);
    else expect(report.files['src/api.js']).not.toMatch(/\bpick\b/);
    expect(report.changed.toSorted()).toEqual([...position.keys()].toSorted());
  },
};
