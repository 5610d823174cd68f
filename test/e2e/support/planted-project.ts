import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const branches = (count: number): string =>
  Array.from({ length: count }, (_, index) => `  if (value === ${index}) return ${index * 3};\n`).join('');

/** Spelled in two parts, so that no scanner takes this file for a leak. */
const accessKey = ['AKIA', 'Q7RZ5XK2MNW3PJ4T'].join('');
const evalOfInput = 'export function run(request: { body: string }) {\n  return eval(request.body);\n}\n';

/** What a review must find, as `rule file:line`. */
export const planted: readonly string[] = [
  'syntax/parse-error src/broken.ts:4',
  'complexity/cyclomatic src/complex.ts:2',
  'security/hardcoded-secret src/upload.ts:3',
  'security/dynamic-code src/run.ts:2',
  'tests/untested-module src/forgotten.ts:1',
  'security/dynamic-code odd/bom.ts:2',
  'security/dynamic-code odd/crlf.ts:3',
  'security/dynamic-code odd/spaces & ünïcode (1).ts:2',
  'security/dynamic-code odd/no-final-newline.ts:3',
  'security/dynamic-code odd/UPPER.TSX:2',
  'security/dynamic-code odd/utf-16.ts:2',
  'security/dynamic-code odd/{{ input.root }}.ts:2',
  'security/dynamic-code odd/two\nlines.ts:2',
  'security/dynamic-code __proto__/constructor.ts:2',
];

/** Files in which a review must find nothing. */
export const innocent: readonly string[] = [
  'src/almost-complex.ts',
  'src/look-alikes.ts',
  'src/nothing.ts',
  'src/types.ts',
  'test/all.test.ts',
  'LICENSE',
];

const lookAlikes = `// eval(request.body) is what this module must never do; var is not used either.
export const advice = 'Never call eval(input), and never write var x = 1;';
export const password = process.env['PASSWORD'];
export const placeholder = { password: '<your password>', apiKey: 'changeme' };
export const evaluate = (text: string): unknown => JSON.parse(text);
export const stored = { eval: (text: string) => text.length };
export const length = stored.eval('1 + 1');
export const pattern = /catch \\(error\\) \\{\\}/;
`;

/** Modules whose every export the project's test uses. */
const reached: readonly string[] = [
  ...['almost-complex', 'broken', 'complex', 'look-alikes', 'nothing', 'run', 'upload'].map((name) => `src/${name}`),
  ...['bom', 'crlf', 'no-final-newline', 'spaces & ünïcode (1)', 'deep', 'long-line'].map((name) => `odd/${name}`),
];
const usage = `console.log(${reached.map((_, at) => `module${at}`).join(', ')});\n`;

const sources: Readonly<Record<string, string | Buffer>> = {
  'src/broken.ts': '// Line 4 lacks its expression.\n\nexport const first = 1;\nexport const second = ;\n',
  'src/complex.ts': `/** One path more than 15 would be 16. */\nexport function complex(value: number) {\n${branches(16)}  return -1;\n}\n`,
  'src/almost-complex.ts': `export function almostComplex(value: number) {\n${branches(14)}  return -1;\n}\n`,
  'src/upload.ts': `export const upload = (name: string) => ({\n  name,\n  accessKeyId: '${accessKey}',\n});\n`,
  'src/run.ts': evalOfInput,
  'src/forgotten.ts': 'export function forgotten(text: string) {\n  return text.trim();\n}\n',
  'src/look-alikes.ts': lookAlikes,
  'src/nothing.ts': '',
  'src/types.ts': 'export interface Shape {\n  readonly sides: number;\n}\n',
  'test/all.test.ts': [...reached.map((path, at) => `import * as module${at} from '../${path}.ts';\n`), usage].join(''),
  'odd/bom.ts': `\uFEFF${evalOfInput}`,
  'odd/crlf.ts': `// A file of another system.\r\n${evalOfInput.replaceAll('\n', '\r\n')}`,
  'odd/no-final-newline.ts': `// The last line has no end.\n${evalOfInput.trimEnd()}`,
  'odd/spaces & ünïcode (1).ts': evalOfInput,
  'odd/UPPER.TSX': evalOfInput,
  'odd/utf-16.ts': Buffer.from(`\uFEFF${evalOfInput}`, 'utf16le'),
  'odd/{{ input.root }}.ts': evalOfInput,
  'odd/two\nlines.ts': evalOfInput,
  ['__proto__/constructor.ts']: evalOfInput,
  'odd/deep.ts': `export const deep = ${'['.repeat(20_000)}${']'.repeat(20_000)};\n`,
  'odd/long-line.ts': `export const long = () => '${'x'.repeat(300_000)}';\n`,
  'odd/huge.ts': `export const huge = '${'y'.repeat(700_000)}';\n`,
  'odd/binary.ts': Buffer.from([0x65, 0x78, 0x00, 0xff, 0xfe, 0x00, 0x0a, 0x80]),
  'odd/invalid-utf8.ts': Buffer.from([0x2f, 0x2f, 0x20, 0xc3, 0x28, 0xff, 0x0a]),
  'odd/picture.png': Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x00, 0x00]),
  'odd/empty.json': '',
  'odd/only-cr.ts': 'export const a = 1;\rexport const b = 2;\r',
  LICENSE: 'Do as you like.\n',
};

/** Writes a project with known faults, look-alikes and odd files into an empty directory. */
export const plantProject = async (directory: string): Promise<void> => {
  for (const [path, content] of Object.entries(sources)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), content);
  }
  await mkdir(join(directory, Array.from({ length: 60 }, () => 'down').join('/')), { recursive: true });
  await symlink('.', join(directory, 'loop'));
  await symlink('../odd', join(directory, 'odd', 'back'));
  await symlink('nowhere.ts', join(directory, 'src', 'dangling.ts'));
};

/** How many lines a file of the project has, as an editor counts them. */
export const lineCountOf = async (directory: string, path: string): Promise<number> => {
  const text = await readFile(join(directory, path), path.includes('utf-16') ? 'utf16le' : 'utf8');
  return Math.max(1, text.split('\n').length - (text.endsWith('\n') ? 1 : 0));
};
