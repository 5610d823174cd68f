import * as z from 'zod';
import { AwsError, type JsonService } from '../contract.ts';

/** A parameter of Systems Manager's Parameter Store, as the template declares it. */
export interface ParameterDefinition {
  readonly name: string;
  readonly type: string;
  readonly value: string;
}

/** Parameter Store, read only: the parameters that the template declares. */
export interface ParametersService extends JsonService {
  addParameter(definition: ParameterDefinition): void;
}

const GetInput = z.looseObject({ Name: z.string() });
const GetManyInput = z.looseObject({ Names: z.array(z.string()).max(10) });

/** An empty Parameter Store. */
export function createParameters(place: { readonly region: string; readonly accountId: string }): ParametersService {
  const parameters = new Map<string, ParameterDefinition>();
  const present = ({ name, type, value }: ParameterDefinition): Record<string, unknown> => ({
    Name: name,
    Type: type,
    Value: value,
    Version: 1,
    ARN: `arn:aws:ssm:${place.region}:${place.accountId}:parameter/${name.replace(/^\//, '')}`,
    DataType: 'text',
  });
  return {
    addParameter: (definition) => void parameters.set(definition.name, definition),
    async handle(operation, input) {
      if (operation === 'GetParameter') {
        const parameter = parameters.get(GetInput.parse(input).Name);
        if (parameter === undefined) throw new AwsError('ParameterNotFound', 'the parameter does not exist');
        return { Parameter: present(parameter) };
      }
      if (operation !== 'GetParameters') {
        throw new AwsError('InvalidRequestException', `ssm:${operation} does not run locally`);
      }
      const { Names: names } = GetManyInput.parse(input);
      return {
        Parameters: names.flatMap((name) => parameters.get(name) ?? []).map(present),
        InvalidParameters: names.filter((name) => !parameters.has(name)),
      };
    },
  };
}
