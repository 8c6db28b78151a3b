// An HTTP server in front of a registry that records what it is asked and, where the test says so,
// gets it wrong: a reverse proxy, so that clients need no setting but its address.
import {
  createServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer, request as httpsRequest } from 'node:https';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import type { Test } from 'tap';
import type { Certificate } from './certificates.js';

export type Fault =
  /** The connection ends after so many bytes of the response's body. */
  | { readonly kind: 'cut'; readonly after: number }
  /** One bit of this byte of the body is another. */
  | { readonly kind: 'corrupt'; readonly at: number }
  /** Content-Length says so many bytes more than come (fewer, when negative). */
  | { readonly kind: 'length'; readonly add: number }
  /** The body comes in pieces of so many bytes, with so many milliseconds between them. */
  | { readonly kind: 'trickle'; readonly bytes: number; readonly pause: number }
  /** This answer instead of the registry's. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string | readonly string[]>>;
      readonly body?: Buffer | string;
    }
  /** 307 to this URL; a path and query of the request's own follow when it ends with "*". */
  | { readonly kind: 'redirect'; readonly to: string }
  /** The connection ends after so many bytes of the request's body; the registry sees nothing. */
  | { readonly kind: 'cut-upload'; readonly after: number }
  /** The registry has got all of it, and its answer is lost. */
  | { readonly kind: 'lose-answer' }
  /** No answer, and the connection stays. */
  | { readonly kind: 'silence' };

export interface FaultRule {
  /** Against "GET /v2/app/blobs/sha256:…?query". */
  readonly when: RegExp;
  readonly fault: Fault;
  /** How many requests it befalls; default all. */
  readonly times?: number;
  /** How many that match are let through before. */
  readonly skip?: number;
}

export interface RecordedRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** Bytes of its body that came. */
  received: number;
  /** Of the answer; 0 while there is none. */
  status: number;
}

export interface FaultProxy {
  /** "127.0.0.1:40123". */
  readonly host: string;
  readonly url: string;
  /** All that were asked, oldest first. */
  readonly requests: RecordedRequest[];
  /** Rules are tried in their order; the first that matches counts. */
  inject(...rules: readonly FaultRule[]): void;
  /** Forgets rules and requests. */
  reset(): void;
}

export interface FaultProxyOptions {
  /** An address of 127.0.0.0/8; default 127.0.0.1. "127.0.0.2" is another host. */
  readonly address?: string;
  readonly tls?: Certificate;
  /** PEM file, when the target speaks TLS. */
  readonly authority?: string | undefined;
}

/** `target` is a URL; undefined for a host that has nothing and answers 404. */
export async function startFaultProxy(
  t: Test,
  target: string | undefined,
  options: FaultProxyOptions = {},
): Promise<FaultProxy> {
  const requests: RecordedRequest[] = [];
  const rules: { rule: FaultRule; seen: number }[] = [];
  const find = (line: string): Fault | undefined => {
    const matching = rules.filter(({ rule }) => rule.when.test(line));
    for (const entry of matching) {
      const { rule } = entry;
      const first = rule.skip ?? 0;
      entry.seen += 1;
      if (entry.seen > first && entry.seen <= first + (rule.times ?? Infinity)) return rule.fault;
    }
    return undefined;
  };
  const listener: RequestListener = (request, response) => {
    const { method = '', url = '/', headers } = request;
    const record: RecordedRequest = { method, url, headers, received: 0, status: 0 };
    requests.push(record);
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    const exchange = { request, response, record, target, authority: options.authority };
    befall(exchange, find(`${method} ${url}`));
  };
  const { tls, address = '127.0.0.1' } = options;
  const server =
    tls === undefined
      ? createServer(listener)
      : createTlsServer(
          { cert: readFileSync(tls.certificate), key: readFileSync(tls.key) },
          listener,
        );
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const host = `${address}:${(server.address() as AddressInfo).port}`;
  return {
    host,
    url: `${tls === undefined ? 'http' : 'https'}://${host}`,
    requests,
    inject: (...added) => {
      rules.push(...added.map((rule) => ({ rule, seen: 0 })));
    },
    reset: () => {
      rules.length = 0;
      requests.length = 0;
    },
  };
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly record: RecordedRequest;
  readonly target: string | undefined;
  readonly authority: string | undefined;
}

function befall(exchange: Exchange, fault: Fault | undefined): void {
  const { request, response, record } = exchange;
  const count = (part: Buffer) => (record.received += part.length);
  if (fault?.kind === 'cut-upload') {
    if (fault.after === 0) request.socket.destroy();
    request.on('data', (part: Buffer) => {
      if (count(part) >= fault.after) request.socket.destroy();
    });
    return;
  }
  if (fault?.kind === 'silence') {
    request.on('data', count);
    return;
  }
  const own = ownAnswer(exchange, fault);
  if (own === undefined) {
    request.on('data', count);
    forward(exchange, fault);
    return;
  }
  request.on('data', count);
  // What is sent is swallowed first: a client may not read before.
  request.on('end', () => {
    record.status = own.status;
    response.writeHead(own.status, own.headers as Record<string, string>);
    response.end(request.method === 'HEAD' ? undefined : own.body);
  });
}

interface OwnAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Buffer | string;
}

function ownAnswer({ request, target }: Exchange, fault: Fault | undefined): OwnAnswer | undefined {
  if (fault?.kind === 'answer') {
    return { status: fault.status, headers: fault.headers ?? {}, body: fault.body ?? '' };
  }
  if (fault?.kind === 'redirect') {
    const location = fault.to.endsWith('*')
      ? fault.to.slice(0, -1) + (request.url ?? '/')
      : fault.to;
    return { status: 307, headers: { location }, body: '' };
  }
  return target === undefined ? { status: 404, headers: {}, body: 'nothing here' } : undefined;
}

function forward(exchange: Exchange, fault: Fault | undefined): void {
  const { request, response, record, target = '', authority } = exchange;
  const send = target.startsWith('https:') ? httpsRequest : httpRequest;
  const outgoing = send(
    new URL(request.url ?? '/', target),
    {
      method: request.method,
      headers: request.headers,
      agent: false,
      ...(authority === undefined ? {} : { ca: readFileSync(authority) }),
    },
    (incoming) => {
      incoming.on('error', () => response.destroy());
      if (fault?.kind === 'lose-answer') {
        incoming.resume();
        incoming.on('end', () => request.socket.destroy());
        return;
      }
      record.status = incoming.statusCode ?? 0;
      response.writeHead(record.status, answerHeaders(incoming.headers, fault));
      void passBody(incoming, response, fault);
    },
  );
  outgoing.on('error', () => response.destroy());
  request.on('close', () => {
    if (!request.complete) outgoing.destroy();
  });
  request.on('data', (part: Buffer) => {
    if (!outgoing.write(part)) request.pause();
  });
  outgoing.on('drain', () => request.resume());
  request.on('end', () => outgoing.end());
}

function answerHeaders(headers: IncomingHttpHeaders, fault: Fault | undefined) {
  if (fault?.kind !== 'length') return headers;
  return { ...headers, 'content-length': String(Number(headers['content-length']) + fault.add) };
}

async function passBody(
  incoming: IncomingMessage,
  response: ServerResponse,
  fault: Fault | undefined,
): Promise<void> {
  let at = 0;
  try {
    for await (const part of incoming as AsyncIterable<Buffer>) {
      if (fault?.kind === 'cut' && at + part.length >= fault.after) {
        response.write(part.subarray(0, fault.after - at), () => response.socket?.destroy());
        return;
      }
      if (fault?.kind === 'trickle') await trickle(response, part, fault);
      else await write(response, spoilt(part, at, fault));
      at += part.length;
    }
    if (fault?.kind === 'length') response.socket?.end();
    else response.end();
  } catch {
    response.destroy();
  }
}

function spoilt(part: Buffer, at: number, fault: Fault | undefined): Buffer {
  if (fault?.kind !== 'corrupt' || fault.at < at || fault.at >= at + part.length) return part;
  const copy = Buffer.from(part);
  copy[fault.at - at] = (copy[fault.at - at] ?? 0) ^ 1;
  return copy;
}

async function trickle(
  response: ServerResponse,
  part: Buffer,
  { bytes, pause }: { readonly bytes: number; readonly pause: number },
): Promise<void> {
  for (let at = 0; at < part.length; at += bytes) {
    if (response.destroyed) return;
    await write(response, part.subarray(at, at + bytes));
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

function write(response: ServerResponse, part: Buffer): Promise<void> {
  return new Promise((resolve) => {
    if (response.destroyed) resolve();
    else
      response.write(part, () => {
        resolve();
      });
  });
}
