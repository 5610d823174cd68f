import { ApiMapping, DomainName, type IApi, type IStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { Construct } from 'constructs';
import type { PublicHttpApi } from '#infra/constructs/http-api.ts';
import type { SocketApi } from '#infra/constructs/socket-api.ts';

export interface DomainsProps {
  /** A certificate for all names that are given, in the region of the stack. */
  readonly certificateArn: string | undefined;
  readonly httpDomain: string | undefined;
  readonly socketDomain: string | undefined;
  readonly http: PublicHttpApi;
  readonly sockets: SocketApi;
}

/**
 * Names of your own for the two APIs. Where each leads is an output: the record in your zone is yours to make, wherever the
 * zone is. Without names nothing is made, and the addresses are API Gateway's; those go on to work beside the names.
 */
export class Domains extends Construct {
  readonly httpUrl: string;
  readonly socketUrl: string;
  /** Outputs: what each name is an alias of. */
  readonly targets: Readonly<Record<string, readonly [value: string, description: string]>>;

  constructor(scope: Construct, id: string, props: DomainsProps) {
    super(scope, id);
    const { http, sockets, httpDomain, socketDomain } = props;
    const httpTarget = this.map('Http', httpDomain, props, { api: http.api, stage: http.stage });
    const socketTarget = this.map('Socket', socketDomain, props, { api: sockets.api, stage: sockets.stage });
    this.httpUrl = httpDomain === undefined ? http.api.apiEndpoint : `https://${httpDomain}`;
    this.socketUrl = socketDomain === undefined ? sockets.url : `wss://${socketDomain}`;
    this.targets = {
      ...(httpTarget === undefined ? {} : { HttpDomainTarget: [httpTarget, `What ${httpDomain} is an alias of`] }),
      ...(socketTarget === undefined
        ? {}
        : { SocketDomainTarget: [socketTarget, `What ${socketDomain} is an alias of`] }),
    };
  }

  private map(
    id: string,
    domainName: string | undefined,
    { certificateArn = '' }: DomainsProps,
    { api, stage }: { readonly api: IApi; readonly stage: IStage },
  ): string | undefined {
    if (domainName === undefined) return undefined;
    const certificate = Certificate.fromCertificateArn(this, `${id}Certificate`, certificateArn);
    const name = new DomainName(this, `${id}Name`, { domainName, certificate });
    new ApiMapping(this, `${id}Mapping`, { api, stage, domainName: name });
    return name.regionalDomainName;
  }
}
