// Where a registry is spoken with: its own address, and mirrors before it when something is read.
import type { ReadHost } from '../../host/host.js';
import { hasCode } from '../../oci/error.js';
import {
  makeAuthorization,
  type Authorization,
  type AuthorizationOptions,
} from './authorization.js';
import type { RegistryConfig } from './registry-client.js';
import { isPlainAllowed } from './transport.js';
import { hasOwnCertificates } from './trust.js';

export interface Endpoint {
  readonly authorization: Authorization;
  /** Ends without a slash; `/v2/` and so on come after it. */
  base(signal: AbortSignal | undefined): Promise<string>;
}

/** Docker Hub's images are not where its name says: Docker's registry.DefaultV2Registry. */
const HUB = 'docker.io';
const HUB_HOST = 'registry-1.docker.io';

export interface EndpointOptions extends Omit<AuthorizationOptions, 'registry' | 'clock'> {
  readonly host: ReadHost;
  readonly config: RegistryConfig;
}

/** The registry's own comes last. */
export function makeEndpoints(name: string, options: EndpointOptions): Endpoint[] {
  const mirrors = options.config.registries[name]?.mirrors ?? [];
  return [...mirrors.map((url) => mirror(url, options)), origin(name, options)];
}

function mirror(text: string, options: EndpointOptions): Endpoint {
  const base = text.replace(/\/+$/, '');
  return {
    authorization: authorizationOf(new URL(text).host, options),
    base: () => Promise.resolve(base),
  };
}

function origin(name: string, options: EndpointOptions): Endpoint {
  const place = name === HUB ? HUB_HOST : name;
  let base: Promise<string> | undefined;
  return {
    authorization: authorizationOf(name, options),
    base: (signal) => (base ??= chooseScheme(place, options, signal)),
  };
}

function authorizationOf(registry: string, options: EndpointOptions): Authorization {
  return makeAuthorization({ ...options, registry, clock: options.host });
}

/**
 * https, unless plain http is allowed there and what answers does not speak TLS. A certificate that
 * is wrong is no reason to do without.
 */
async function chooseScheme(
  place: string,
  { host, config, transport }: EndpointOptions,
  signal: AbortSignal | undefined,
): Promise<string> {
  const secure = `https://${place}`;
  const { hostname, port } = new URL(secure);
  const mayBePlain = isPlainAllowed(config, hostname, port) && !hasOwnCertificates(host, place);
  if (!mayBePlain) return secure;
  try {
    const url = new URL(`${secure}/v2/`);
    const response = await transport.fetch({
      method: 'GET',
      url,
      headers: {},
      retry: false,
      signal,
    });
    response.discard();
    return secure;
  } catch (error) {
    if (speaksNoTls(error)) return `http://${place}`;
    throw error;
  }
}

function speaksNoTls(error: unknown): boolean {
  if (!hasCode(error, 'UNAVAILABLE')) return false;
  const reason = String(error.data['reason']);
  return ['EPROTO', 'ECONNRESET'].includes(reason) || /^ERR_SSL_/.test(reason);
}
