import { connectionsPrefix } from '../front-door/connections-door.ts';
import { generatedId } from '../template/physical-name.ts';
import type { Template } from '../template/template-schema.ts';

/** Where each API of the stack is reached on this machine. */
export interface ApiAddresses {
  /** What precedes the API's own paths; '' for the first API of each protocol. */
  prefixOf(apiId: string): string;
  /** What `Fn::GetAtt ApiEndpoint` gives. */
  endpointOf(apiId: string, protocol: string): string;
  /** Replaces addresses in the cloud (`https://<api>.execute-api.…`) by those on this machine. */
  localize(text: string): string;
  /** Base address for the management of an API's sockets, without the stage. */
  managementUrl(apiId: string): string;
}

const apiType = 'AWS::ApiGatewayV2::Api';

/** Gives each API its place: the first HTTP API and the first WebSocket API have no prefix, others their id. */
export function placeApis(
  template: Template,
  options: {
    readonly stackName: string;
    readonly region: string;
    readonly gatewayUrl: string;
    readonly frontDoorUrl: string;
  },
): ApiAddresses {
  const { stackName, region, gatewayUrl, frontDoorUrl } = options;
  const webSocketUrl = gatewayUrl.replace(/^http/, 'ws');
  const prefixes = new Map<string, string>();
  const protocols = new Map<string, string>();
  for (const [logicalId, resource] of Object.entries(template.Resources)) {
    if (resource.Type !== apiType) continue;
    const apiId = generatedId(stackName, logicalId);
    const protocol = resource.Properties.ProtocolType === 'WEBSOCKET' ? 'WEBSOCKET' : 'HTTP';
    const isFirst = ![...protocols.values()].includes(protocol);
    prefixes.set(apiId, isFirst ? '' : `/${apiId}`);
    protocols.set(apiId, protocol);
  }
  const prefixOf = (apiId: string): string => prefixes.get(apiId) ?? '';
  const managementUrl = (apiId: string): string => `${frontDoorUrl}${connectionsPrefix}/${apiId}`;
  const endpointOf = (apiId: string, protocol: string): string =>
    `${protocol === 'WEBSOCKET' ? webSocketUrl : gatewayUrl}${prefixOf(apiId)}`;
  const address = new RegExp(`(https?|wss?)://([a-z0-9]{10})\\.execute-api\\.${region}\\.amazonaws\\.com`, 'g');
  return {
    prefixOf,
    endpointOf,
    managementUrl,
    localize: (text) =>
      text.replaceAll(address, (whole, scheme: string, apiId: string) => {
        const protocol = protocols.get(apiId);
        if (protocol === undefined) return whole;
        const isManagement = protocol === 'WEBSOCKET' && scheme.startsWith('http');
        return isManagement ? managementUrl(apiId) : endpointOf(apiId, protocol);
      }),
  };
}
