// One HTTP request and its answer. Connections are kept for the next request; nothing is tried
// twice, followed or sent that was not asked for: that is the business of who speaks a protocol.
import * as http from 'node:http';
import * as https from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createSecureContext } from 'node:tls';
import { CutawayError } from '../oci/error.js';
import { errnoOf } from './errno.js';
import { proxyAuthorization, tunnelAgent } from './http-tunnel.js';

export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | Readable | undefined;
  /** Only for https. */
  readonly tls?: TlsSettings | undefined;
  /** `http://` or `https://`, with the user's name and password where it wants them. */
  readonly proxy?: URL | undefined;
  readonly pace: Pace;
  readonly signal?: AbortSignal | undefined;
}

export interface TlsSettings {
  /** PEM; in the place of those that Node carries. */
  readonly authorities?: readonly string[];
  /** PEM, for servers that want to know who comes. */
  readonly certificate?: { readonly certificate: string; readonly key: string };
  /** Default true. */
  readonly verify?: boolean;
}

/** What gets less than `leastBytes` in so long is given up: time that nobody reads does not count. */
export interface Pace {
  readonly idleMilliseconds: number;
  readonly leastBytes: number;
}

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Fails with UNAVAILABLE when the connection ends before the body does. */
  readonly body: AsyncIterable<Buffer>;
  /** The body is not wanted. */
  discard(): void;
}

export interface HttpClient {
  /** Fails with UNAVAILABLE, with the reason in `data.reason`: `ECONNREFUSED`, `CERT_…`. */
  send(request: HttpRequest): Promise<HttpResponse>;
  /** Ends the connections that are kept. */
  close(): void;
}

export function openHttp(): HttpClient {
  const agents = new Map<string, http.Agent>();
  const agentFor = (request: HttpRequest): http.Agent => {
    const { url, tls, proxy } = request;
    const key = [url.origin, proxy?.href ?? '', String(tls?.verify ?? true)].join(' ');
    const known = agents.get(key);
    if (known !== undefined) return known;
    const agent = makeAgent(request);
    agents.set(key, agent);
    return agent;
  };
  return {
    send: async (request) => await send(request, agentFor(request)),
    close: () => {
      for (const agent of agents.values()) agent.destroy();
    },
  };
}

function makeAgent({ url, tls, proxy }: HttpRequest): http.Agent {
  if (url.protocol === 'http:') {
    return proxy?.protocol === 'https:'
      ? new https.Agent({ keepAlive: true })
      : new http.Agent({ keepAlive: true });
  }
  const options = { keepAlive: true, ...tlsOptions(tls) };
  return proxy === undefined ? new https.Agent(options) : tunnelAgent(url, proxy, options);
}

/** Authorities are many: they are read once for all connections to a server. */
function tlsOptions({ authorities, certificate, verify }: TlsSettings = {}): https.AgentOptions {
  const secureContext = createSecureContext({
    ...(authorities === undefined ? {} : { ca: [...authorities] }),
    ...(certificate === undefined ? {} : { cert: certificate.certificate, key: certificate.key }),
  });
  return { secureContext, ...(verify === false ? { rejectUnauthorized: false } : {}) };
}

function send(request: HttpRequest, agent: http.Agent): Promise<HttpResponse> {
  const { body, pace } = request;
  return new Promise((resolve, reject) => {
    const outgoing = startRequest(request, agent);
    let timer: NodeJS.Timeout | undefined;
    const fail = (error: unknown) => {
      clearTimeout(timer);
      reject(failure(request, error));
    };
    outgoing.on('error', fail);
    // Of the socket: also while it connects, and while a body is sent.
    outgoing.setTimeout(pace.idleMilliseconds, () => outgoing.destroy(tooSlow(pace)));
    outgoing.on('finish', () => {
      timer = setTimeout(() => {
        outgoing.destroy(tooSlow(pace));
      }, ANSWER_TIMES * pace.idleMilliseconds);
    });
    outgoing.on('response', (message) => {
      clearTimeout(timer);
      outgoing.setTimeout(0);
      resolve(toResponse(request, message));
    });
    if (body instanceof Readable) pipeline(body, outgoing).catch(fail);
    else outgoing.end(body);
  });
}

/** A registry reads a whole blob before it answers that it has it. */
const ANSWER_TIMES = 5;

function startRequest(request: HttpRequest, agent: http.Agent): http.ClientRequest {
  const { method, url, headers, body, proxy, signal } = request;
  const length = body instanceof Uint8Array ? { 'content-length': String(body.length) } : {};
  const common = {
    method,
    agent,
    headers: { ...headers, ...length },
    ...(signal === undefined ? {} : { signal }),
  };
  if (url.protocol === 'https:') return https.request(url, common);
  if (proxy === undefined) return http.request(url, common);
  const module = proxy.protocol === 'https:' ? https : http;
  const path = `${url.origin}${url.pathname}${url.search}`;
  return module.request(proxy.origin, {
    ...common,
    path,
    headers: { ...common.headers, host: url.host, ...proxyAuthorization(proxy) },
  });
}

/** Bodies up to this size are read to their end for the sake of the connection. */
const WORTH_READING = 65_536;

function toResponse(request: HttpRequest, message: http.IncomingMessage): HttpResponse {
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(message.headers)) {
    headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  // One that nobody listens to would end the process.
  message.on('error', () => undefined);
  return {
    status: message.statusCode ?? 0,
    headers,
    body: paced(request, message),
    discard: () => {
      const length = Number(headers['content-length'] ?? Infinity);
      if (request.method === 'HEAD' || length <= WORTH_READING) message.resume();
      else message.destroy();
    },
  };
}

async function* paced(request: HttpRequest, message: http.IncomingMessage): AsyncGenerator<Buffer> {
  const { pace } = request;
  const chunks = message[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let waited = 0;
  let bytes = 0;
  try {
    for (;;) {
      const start = performance.now();
      const result = await nextWithin(message, chunks, pace, waited);
      if (result.done === true) break;
      waited += performance.now() - start;
      bytes += result.value.length;
      if (bytes >= pace.leastBytes) waited = bytes = 0;
      yield result.value;
    }
    // A connection that was cut between two chunks of unknown length looks like an end.
    if (!message.complete) throw Object.assign(new Error('cut'), { code: 'ECONNRESET' });
  } catch (error) {
    throw failure(request, error);
  } finally {
    if (!message.readableEnded) message.destroy();
  }
}

async function nextWithin(
  message: http.IncomingMessage,
  chunks: AsyncIterator<Buffer>,
  pace: Pace,
  waited: number,
): Promise<IteratorResult<Buffer>> {
  const left = Math.max(0, pace.idleMilliseconds - waited);
  const timer = setTimeout(() => message.destroy(tooSlow(pace)), left);
  try {
    return await chunks.next();
  } finally {
    clearTimeout(timer);
  }
}

function tooSlow({ idleMilliseconds, leastBytes }: Pace): Error {
  const seconds = idleMilliseconds / 1000;
  const message = `less than ${leastBytes} bytes in ${seconds} seconds`;
  return Object.assign(new Error(message), { code: 'TOO_SLOW' });
}

/** What may be shown of a URL: no user, no query, for some sign with it. */
export function shownUrl(url: URL): string {
  return `${url.origin}${url.pathname}`;
}

function failure({ method, url, proxy, signal }: HttpRequest, error: unknown): CutawayError {
  if (error instanceof CutawayError) return error;
  const reason = reasonOf(error);
  const operation = `${method} ${shownUrl(url)}`;
  if (signal?.aborted === true) return new CutawayError('CANCELED', `${operation}: stopped`);
  const through = proxy === undefined ? '' : ` (through the proxy ${proxy.host})`;
  const said = error instanceof Error && error.message !== '' ? error.message : reason;
  const words = REASONS[reason] ?? said;
  return new CutawayError('UNAVAILABLE', `${operation}: ${words}${through}`, {
    cause: error,
    data: { reason },
  });
}

/** Of an attempt with several addresses, the reason of the last. */
function reasonOf(error: unknown): string {
  const own = errnoOf(error);
  if (own !== undefined) return own;
  if (error instanceof AggregateError) return errnoOf(error.errors.at(-1)) ?? 'UNKNOWN';
  return 'UNKNOWN';
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  ERR_STREAM_PREMATURE_CLOSE: 'the connection was cut',
  ETIMEDOUT: 'no answer',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the name server does not answer',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'the network is unreachable',
};
