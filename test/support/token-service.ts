// A token service as registries know it (distribution: spec/auth/token.md and oauth.md), which
// signs real JWTs that docker-registry verifies.
import { sign, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Test } from 'tap';
import { selfSigned } from './certificates.js';
import type { TokenSettings } from './registry.js';

export interface TokenServiceOptions {
  /** Names and passwords. Without a name, or with a wrong password, see `anonymous`. */
  readonly users?: Readonly<Record<string, string>>;
  /** What those without credentials may: by default to pull. A wrong password is always 401. */
  readonly anonymous?: readonly string[];
  /** Repositories that a user may do anything with; default: every one. */
  readonly writable?: (user: string, repository: string) => boolean;
  /** Seconds; default 300. */
  readonly expiresIn?: number;
  /** Gives who asks for it a refresh token, which it takes by POST: what is stored is that. */
  readonly refreshToken?: string;
  /** Without POST, as Docker Hub's is for those who log in with a password. */
  readonly getOnly?: boolean;
}

export interface TokenRequest {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  /** Of the query, or of the form. */
  readonly fields: URLSearchParams;
}

export interface TokenService {
  /** For `startRegistry`. */
  readonly settings: TokenSettings;
  readonly url: string;
  /** All that were asked, oldest first. */
  readonly requests: TokenRequest[];
}

const SERVICE = 'test-registry';
const ISSUER = 'test-issuer';

/** `directory` gets the certificate that the registry is told of. */
export async function startTokenService(
  t: Test,
  directory: string,
  options: TokenServiceOptions = {},
): Promise<TokenService> {
  const signer = selfSigned(directory, 'token');
  const requests: TokenRequest[] = [];
  const issue = (user: string, scopes: readonly string[]) =>
    makeToken(signer, user, {
      lifetime: options.expiresIn ?? 300,
      access: scopes.flatMap((scope) => grant(user, scope, options)),
    });
  const server = createServer((request, response) => {
    void readFields(request).then((fields) => {
      requests.push({ method: request.method ?? '', headers: request.headers, fields });
      answer(request, response, { fields, options, issue });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
  const rootcertbundle = signer.certificate;
  return {
    url,
    requests,
    settings: { realm: url, service: SERVICE, issuer: ISSUER, rootcertbundle },
  };
}

interface Asked {
  readonly fields: URLSearchParams;
  readonly options: TokenServiceOptions;
  readonly issue: (user: string, scopes: readonly string[]) => string;
}

function answer(request: IncomingMessage, response: ServerResponse, asked: Asked): void {
  const { fields, options, issue } = asked;
  const refuse = (status: number, reason: string) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ errors: [{ code: 'DENIED', message: reason }] }));
  };
  const isPost = request.method === 'POST';
  if (isPost && options.getOnly === true) {
    refuse(405, 'no POST here');
    return;
  }
  const user = isPost ? userOfForm(fields, options) : userOfHeader(request, options);
  if (user === undefined || fields.get('service') !== SERVICE) {
    refuse(401, 'incorrect username or password');
    return;
  }
  const scopes = fields.getAll('scope').flatMap((scope) => scope.split(' '));
  const token = issue(user, scopes.filter(Boolean));
  const wantsRefresh =
    fields.get('offline_token') === 'true' || fields.get('access_type') === 'offline';
  const refresh =
    wantsRefresh && options.refreshToken !== undefined && user !== ''
      ? { refresh_token: options.refreshToken }
      : {};
  const names = isPost ? { access_token: token } : { token, access_token: token };
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ ...names, expires_in: options.expiresIn ?? 300, ...refresh }));
}

/** Who asks: '' for nobody, undefined for somebody with the wrong password. */
function userOfHeader(request: IncomingMessage, options: TokenServiceOptions): string | undefined {
  const { authorization } = request.headers;
  if (authorization === undefined) return '';
  const [, encoded = ''] = /^Basic (.+)$/.exec(authorization) ?? [];
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return checkPassword(text.slice(0, colon), text.slice(colon + 1), options);
}

function userOfForm(fields: URLSearchParams, options: TokenServiceOptions): string | undefined {
  if (fields.get('grant_type') === 'refresh_token') {
    const isKnown =
      options.refreshToken !== undefined && fields.get('refresh_token') === options.refreshToken;
    return isKnown ? 'refreshed' : undefined;
  }
  return checkPassword(fields.get('username') ?? '', fields.get('password') ?? '', options);
}

function checkPassword(
  name: string,
  password: string,
  { users = {} }: TokenServiceOptions,
): string | undefined {
  return Object.hasOwn(users, name) && users[name] === password ? name : undefined;
}

function grant(user: string, scope: string, options: TokenServiceOptions) {
  const [, type = '', name = '', actions = ''] = /^([^:]+):(.+):([^:]+)$/.exec(scope) ?? [];
  const { anonymous = ['pull'], writable = () => true } = options;
  const asked = actions.split(',');
  const allowed =
    user !== '' && writable(user, name) ? asked : asked.filter((one) => anonymous.includes(one));
  return allowed.length === 0 ? [] : [{ type, name, actions: allowed }];
}

interface TokenContent {
  readonly access: readonly object[];
  readonly lifetime: number;
}

/** RFC 7519, signed with ES256; the certificate goes along as x5c (RFC 7515). */
function makeToken(
  signer: { readonly certificate: string; readonly key: string },
  user: string,
  { access, lifetime }: TokenContent,
): string {
  const pem = readFileSync(signer.certificate, 'utf8');
  const der = pem.replace(/-----[^-]+-----|\s/g, '');
  const now = Math.floor(Date.now() / 1000);
  const header = { typ: 'JWT', alg: 'ES256', x5c: [der] };
  const claims = {
    iss: ISSUER,
    sub: user,
    aud: SERVICE,
    exp: now + lifetime,
    nbf: now - 10,
    iat: now - 10,
    jti: randomUUID(),
    access,
  };
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const content = `${encode(header)}.${encode(claims)}`;
  const key = { key: readFileSync(signer.key, 'utf8'), dsaEncoding: 'ieee-p1363' as const };
  return `${content}.${sign('sha256', Buffer.from(content), key).toString('base64url')}`;
}

async function readFields(request: IncomingMessage): Promise<URLSearchParams> {
  if (request.method !== 'POST') {
    return new URL(request.url ?? '/', 'http://token').searchParams;
  }
  const parts: Buffer[] = [];
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
  return new URLSearchParams(Buffer.concat(parts).toString('utf8'));
}
