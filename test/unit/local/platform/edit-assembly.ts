import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

/** Below the repository, so that functions find the AWS SDK, which Lambda's own runtime offers. */
const cache = new URL('../../../../.cache/', import.meta.url).pathname;
const foreignAssembly = new URL('../../../fixtures/foreign-app/assembly', import.meta.url).pathname;

const EditableTemplate = z.looseObject({
  Resources: z.record(z.string(), z.looseObject({ Type: z.string(), Properties: z.unknown().optional() })),
});
/** A template as tests edit it. */
export type EditableTemplate = z.infer<typeof EditableTemplate>;

/** The foreign application's assembly, copied and changed; removed when disposed of. */
export function editAssembly(edit: (template: EditableTemplate, directory: string) => void): {
  readonly directory: string;
  [Symbol.dispose](): void;
} {
  mkdirSync(cache, { recursive: true });
  const directory = mkdtempSync(join(cache, 'assembly-'));
  cpSync(foreignAssembly, directory, { recursive: true });
  const path = join(directory, 'Shop.template.json');
  const template = EditableTemplate.parse(JSON.parse(readFileSync(path, 'utf8')));
  edit(template, directory);
  writeFileSync(path, JSON.stringify(template));
  return { directory, [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }) };
}

/** The resource whose logical id begins so and whose type ends so. */
export function find(
  template: EditableTemplate,
  prefix: string,
  type: string,
): [string, EditableTemplate['Resources'][string]] {
  const found = Object.entries(template.Resources).find(
    ([id, resource]) => id.startsWith(prefix) && resource.Type.endsWith(type),
  );
  if (found === undefined) throw new Error(`${prefix} (${type}) is not in the template`);
  return found;
}
