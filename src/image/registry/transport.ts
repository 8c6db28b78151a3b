// Requests to registries and what belongs to them (token services, the stores they redirect to):
// with the proxy and the trust that each host has, tried again, redirects followed.
import type { Readable } from 'node:stream';
import type { ReadHost } from '../../host/host.js';
import { openHttp, shownUrl, type HttpResponse } from '../../host/http.js';
import { pause } from '../../host/pause.js';
import { CutawayError } from '../../oci/error.js';
import { bareHost, isInNetwork, isLoopback } from './network-name.js';
import { findProxy } from './proxy.js';
import type { RegistryConfig, RegistryMethod } from './registry-client.js';
import {
  backoff,
  isTransient,
  isTransientStatus,
  MOST_PATIENCE,
  parseRetryAfter,
} from './retry.js';
import { trustStore } from './trust.js';

export interface TransportRequest {
  readonly method: RegistryMethod;
  readonly url: URL;
  /** `authorization` goes to no other host than this URL's. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | (() => Readable) | undefined;
  readonly retry: boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface TransportResponse extends HttpResponse {
  /** Where it came from at last. */
  readonly url: URL;
}

export interface Transport {
  /** Whatever the status is. */
  fetch(request: TransportRequest): Promise<TransportResponse>;
  close(): void;
}

export function openTransport(host: ReadHost, config: RegistryConfig): Transport {
  const client = openHttp();
  const trust = trustStore(host);
  const pace = { idleMilliseconds: config.idleSeconds * 1000, leastBytes: config.leastBytes };
  const sendOnce = async ({ url, body, ...rest }: TransportRequest): Promise<HttpResponse> => {
    requireAllowed(config, url);
    const isPlain = url.protocol === 'http:';
    const tls = isPlain ? undefined : { ...trust(url.host), verify: !isInsecure(config, url.host) };
    return await client.send({
      ...rest,
      url,
      tls,
      pace,
      body: typeof body === 'function' ? body() : body,
      proxy: findProxy(url, host.environment),
    });
  };
  const sendPatiently = async (request: TransportRequest): Promise<HttpResponse> => {
    for (let attempt = 1; ; attempt += 1) {
      const isLast = !request.retry || attempt >= config.attempts;
      try {
        const response = await sendOnce(request);
        const wait = isTransientStatus(response.status)
          ? (parseRetryAfter(response.headers['retry-after'], host.now()) ?? backoff(attempt))
          : undefined;
        if (isLast || wait === undefined || wait > MOST_PATIENCE) return response;
        response.discard();
        await pause(wait, request.signal);
      } catch (error) {
        if (isLast || !isTransient(error)) throw error;
        await pause(backoff(attempt), request.signal);
      }
    }
  };
  return {
    fetch: async (request) => await followRedirects(request, sendPatiently),
    close: () => {
      client.close();
    },
  };
}

const MOST_REDIRECTS = 5;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

async function followRedirects(
  request: TransportRequest,
  send: (request: TransportRequest) => Promise<HttpResponse>,
): Promise<TransportResponse> {
  let current = request;
  for (let count = 0; ; count += 1) {
    const response = await send(current);
    const { location } = response.headers;
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (!isRead || !REDIRECTS.has(response.status) || location === undefined) {
      return { ...response, url: current.url };
    }
    response.discard();
    if (count === MOST_REDIRECTS) {
      const place = `${request.method} ${shownUrl(request.url)}`;
      const reason = `more than ${MOST_REDIRECTS} redirects`;
      throw new CutawayError('UNAVAILABLE', `${place}: ${reason}`);
    }
    current = { ...current, ...redirected(current, location) };
  }
}

/** Nothing that says who we are leaves the host that asked for it. */
function redirected(
  { method, url, headers }: TransportRequest,
  location: string,
): Pick<TransportRequest, 'url' | 'headers'> {
  const fail = (reason: string) =>
    new CutawayError('UNAVAILABLE', `${method} ${shownUrl(url)}: ${reason}`);
  if (!URL.canParse(location, url.href)) throw fail('it redirects to what is no URL');
  const next = new URL(location, url);
  if (next.protocol !== 'https:' && next.protocol !== 'http:') {
    throw fail(`it redirects to ${next.protocol}`);
  }
  if (url.protocol === 'https:' && next.protocol === 'http:') {
    throw fail(`it redirects from https to ${shownUrl(next)}`);
  }
  next.username = '';
  next.password = '';
  if (next.origin === url.origin) return { url: next, headers };
  const others = Object.entries(headers).filter(([name]) => name !== 'authorization');
  return { url: next, headers: Object.fromEntries(others) };
}

/** Whether plain http may be spoken with this host. */
export function isPlainAllowed(config: RegistryConfig, hostname: string, port: string): boolean {
  const place = port === '' ? hostname : `${hostname}:${port}`;
  return isLoopback(hostname) || isInsecure(config, place);
}

function requireAllowed(config: RegistryConfig, url: URL): void {
  if (url.protocol === 'https:' || isPlainAllowed(config, url.hostname, url.port)) return;
  const message = `${shownUrl(url)}: plain http is only for this machine`;
  throw new CutawayError('PERMISSION_DENIED', message, {
    hint: `if you trust the network on the way: {"insecure": ["${url.host}"]} in /etc/cutaway/registries.json`,
  });
}

/** Configured as one whose certificate need not be signed, if it has one at all. */
export function isInsecure(config: RegistryConfig, place: string): boolean {
  if (config.registries[place]?.insecure === true) return true;
  const hostname = place.replace(/:\d+$/, '');
  return config.insecure.some(
    (item) =>
      item === place ||
      item === bareHost(hostname) ||
      item === hostname ||
      isInNetwork(hostname, item),
  );
}
