import type { ReadHost } from '../../host/host.js';
import { CutawayError, during, hasCode } from '../../oci/error.js';
import { withDefaults } from '../limits.js';
import { makeEndpoints, type Endpoint } from './endpoint.js';
import { DEFAULT_REGISTRY_CONFIG } from './registry-config.js';
import { responseError } from './registry-error.js';
import type {
  Registry,
  RegistryMethod,
  RegistryOptions,
  RegistryRequest,
  RegistryResponse,
} from './registry-client.js';
import { readBody } from './response-body.js';
import { openTransport, type Transport, type TransportResponse } from './transport.js';

/** `name` as in references. Nothing is sent before the first request. */
export function openRegistry(
  host: ReadHost,
  name: string,
  options: RegistryOptions = {},
): Registry {
  const { config = DEFAULT_REGISTRY_CONFIG, credentials } = options;
  const limits = withDefaults(options.limits);
  const transport = openTransport(host, config);
  const secrets = new Set<string>();
  const onSecret = (secret: string) => secrets.add(secret);
  const endpoints = makeEndpoints(name, { host, config, credentials, transport, onSecret });
  const hide = (text: string) => hideAll(text, secrets);
  const exchange = async (
    endpoint: Endpoint,
    method: RegistryMethod,
    path: string,
    request: RegistryRequest,
  ): Promise<RegistryResponse> => {
    const signal = request.signal ?? options.signal;
    const answer = await authorized({ transport, endpoint }, method, path, { ...request, signal });
    const response = {
      status: answer.status,
      headers: answer.headers,
      url: answer.url.href,
      body: {
        [Symbol.asyncIterator]: () => answer.body[Symbol.asyncIterator](),
        bytes: (maximum = limits.documentSize) => readBody(answer.body, maximum, request.what),
        discard: () => {
          answer.discard();
        },
      },
    };
    const { status } = response;
    if ((status >= 200 && status < 300) || request.answers?.includes(status) === true) {
      return response;
    }
    throw await responseError(response, { what: request.what, registry: name, hide });
  };
  return {
    name,
    limits,
    config,
    hide,
    request: async (method, path, request) => {
      const isRead = request.mirrors === true && (method === 'GET' || method === 'HEAD');
      const places = isRead ? endpoints : endpoints.slice(-1);
      return await firstAnswer(places, request, (place) => exchange(place, method, path, request));
    },
    close: () => {
      transport.close();
    },
  };
}

/** A mirror that cannot or will not is passed over; the registry itself has the last word. */
async function firstAnswer(
  endpoints: readonly Endpoint[],
  { what, answers = [] }: RegistryRequest,
  ask: (endpoint: Endpoint) => Promise<RegistryResponse>,
): Promise<RegistryResponse> {
  for (const [at, endpoint] of endpoints.entries()) {
    const isLast = at === endpoints.length - 1;
    try {
      const response = await ask(endpoint);
      if (isLast || !answers.includes(response.status)) return response;
      response.body.discard();
    } catch (error) {
      if (isLast) throw naming(what, error);
      if (!(error instanceof CutawayError) || hasCode(error, 'CANCELED')) throw error;
    }
  }
  throw new CutawayError('INTERNAL', `${what}: no registry to ask`);
}

function naming(what: string, error: unknown): Error {
  if (!(error instanceof CutawayError)) return error instanceof Error ? error : during(what, error);
  return error.message.startsWith(what) ? error : during(what, error);
}

/** One answer to a 401, and no more: what asks for ever is answered once. */
async function authorized(
  { transport, endpoint }: { readonly transport: Transport; readonly endpoint: Endpoint },
  method: RegistryMethod,
  path: string,
  request: RegistryRequest,
): Promise<TransportResponse> {
  const { what, scope = [], signal, anonymous = false } = request;
  const base = await endpoint.base(signal);
  const url = requestUrl(base, path, what);
  const isOwn = url.origin === new URL(base).origin;
  const scopes = typeof scope === 'string' ? [scope] : scope;
  const asked = { what, scopes, signal };
  const send = (authorization: string | undefined) =>
    transport.fetch({
      method,
      url,
      body: request.body,
      headers: requestHeaders(request, authorization),
      retry: request.retry ?? !['POST', 'PATCH'].includes(method),
      signal,
    });
  const { authorization } = endpoint;
  const mayTell = isOwn && !anonymous;
  const first = mayTell ? await authorization.find(asked) : undefined;
  const response = await send(first);
  if (response.status !== 401 || response.url.origin !== url.origin || !mayTell) return response;
  const second = await authorization.answer(asked, response.headers['www-authenticate'], first);
  if (second === undefined) return response;
  response.discard();
  return await send(second);
}

function requestUrl(base: string, path: string, what: string): URL {
  if (path.startsWith('/v2/')) return new URL(base + path);
  if (!URL.canParse(path, base)) {
    throw new CutawayError('UNAVAILABLE', `${what}: the registry names a place that is no URL`);
  }
  const url = new URL(path, base);
  url.username = '';
  url.password = '';
  return url;
}

function requestHeaders(
  { headers = {}, accept }: RegistryRequest,
  authorization: string | undefined,
): Record<string, string> {
  return {
    'user-agent': 'cutaway',
    ...headers,
    ...(accept === undefined ? {} : { accept: accept.join(', ') }),
    ...(authorization === undefined ? {} : { authorization }),
  };
}

const LEAST_SECRET = 3;

function hideAll(text: string, secrets: ReadonlySet<string>): string {
  let hidden = text;
  for (const secret of secrets) {
    if (secret.length >= LEAST_SECRET) hidden = hidden.replaceAll(secret, '***');
  }
  return hidden;
}
