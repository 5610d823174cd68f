import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';

const Resource = z.looseObject({ Type: z.string(), Properties: z.record(z.string(), z.any()) });
type Resource = z.infer<typeof Resource>;
const Template = z.looseObject({ Resources: z.record(z.string(), Resource) });

/** A synthesised stack as an operator might edit it by hand. */
export class EditedStack {
  readonly directory: string;
  readonly #template: z.infer<typeof Template>;

  private constructor(directory: string) {
    this.directory = directory;
    this.#template = Template.parse(JSON.parse(readFileSync(join(directory, 'Muster.template.json'), 'utf8')));
  }

  /** Copies an assembly; the copy is what is edited. */
  static copy(assembly: string): EditedStack {
    const directory = mkdtempSync(join(tmpdir(), 'muster-edited-'));
    cpSync(assembly, directory, { recursive: true });
    return new EditedStack(directory);
  }

  /** The one resource of this type that fits. @throws Error when there is none or another one. */
  find(type: string, fits: (id: string, resource: Resource) => boolean): Resource {
    const found = Object.entries(this.#template.Resources).filter(
      ([id, resource]) => resource.Type === type && fits(id, resource),
    );
    const [only] = found;
    if (only === undefined || found.length > 1) throw new Error(`${found.length} resources of ${type} fit`);
    return only[1];
  }

  remove(resource: Resource): void {
    for (const [id, other] of Object.entries(this.#template.Resources))
      if (other === resource) delete this.#template.Resources[id];
  }

  /** The definition of a state machine, an asset of its own; what `edit` makes of it is what runs. */
  editDefinition(machine: Resource, edit: (definition: string) => string): void {
    const path = join(this.directory, `asset.${String(machine.Properties['DefinitionS3Location'].Key)}`);
    const before = readFileSync(path, 'utf8');
    const after = edit(before);
    if (after === before) throw new Error('The edit changed nothing');
    writeFileSync(path, after);
  }

  save(): void {
    writeFileSync(join(this.directory, 'Muster.template.json'), JSON.stringify(this.#template));
  }

  discard(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
