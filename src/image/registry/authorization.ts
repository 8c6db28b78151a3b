// Who we are, told to a registry that asks: basic, or a bearer token from the token service that the
// registry names (distribution spec/auth/token.md, and oauth.md for refresh tokens).
import type { ReadHost } from '../../host/host.js';
import { CutawayError } from '../../oci/error.js';
import { parseJson, type JsonReader } from '../../oci/json-reader.js';
import { parseChallenges } from './challenge.js';
import type { Credential, Credentials } from './registry-client.js';
import { readBody } from './response-body.js';
import type { Transport } from './transport.js';

export interface Authorization {
  /** The header for these scopes, by what the registry has asked for so far. */
  find(request: AuthorizedRequest): Promise<string | undefined>;
  /**
   * The header that answers a 401 after `used` was sent; undefined when there is none or it was
   * this one: then the 401 stands.
   */
  answer(
    request: AuthorizedRequest,
    challenge: string | undefined,
    used: string | undefined,
  ): Promise<string | undefined>;
}

export interface AuthorizedRequest {
  readonly what: string;
  readonly scopes: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

export interface AuthorizationOptions {
  /** As the store of credentials knows it. */
  readonly registry: string;
  readonly credentials: Credentials | undefined;
  readonly transport: Transport;
  readonly clock: Pick<ReadHost, 'monotonic'>;
  /** Told of everything that must not be shown. */
  readonly onSecret: (secret: string) => void;
}

type Scheme =
  | { readonly kind: 'basic' }
  | {
      readonly kind: 'bearer';
      readonly realm: string;
      readonly service: string | undefined;
      readonly scope: string | undefined;
    };

interface Token {
  readonly header: string;
  /** Of the clock that never goes back, in nanoseconds. */
  readonly expires: bigint;
}

export function makeAuthorization(options: AuthorizationOptions): Authorization {
  const tokens = new Map<string, Promise<Token>>();
  let scheme: Scheme | undefined;
  const headerFor = async (
    request: AuthorizedRequest,
    refused?: string,
  ): Promise<string | undefined> => {
    if (scheme === undefined) return undefined;
    const credential = await findCredential(options, request);
    if (scheme.kind === 'basic') return credential && basicHeader(credential);
    if (credential?.registryToken !== undefined) return `Bearer ${credential.registryToken}`;
    const current = scheme;
    const scopes = allScopes(current, request);
    const key = JSON.stringify([current.realm, current.service, scopes]);
    const fetchAnew = () => {
      const coming = fetchToken(options, { ...request, scopes }, current, credential);
      tokens.set(key, coming);
      // A failure is not remembered.
      coming.catch(() => tokens.delete(key));
      return coming;
    };
    const known = await (tokens.get(key) ?? fetchAnew());
    const isStale = known.header === refused || known.expires < options.clock.monotonic();
    return (isStale ? await fetchAnew() : known).header;
  };
  return {
    find: headerFor,
    answer: async (request, challenge, used) => {
      scheme = chooseScheme(challenge ?? '') ?? scheme;
      const header = await headerFor(request, used);
      return header === used ? undefined : header;
    },
  };
}

function chooseScheme(header: string): Scheme | undefined {
  const challenges = parseChallenges(header);
  const bearer = challenges.find(({ scheme }) => scheme === 'bearer')?.parameters;
  const { realm, service, scope } = bearer ?? {};
  if (realm !== undefined) return { kind: 'bearer', realm, service, scope };
  return challenges.some(({ scheme }) => scheme === 'basic') ? { kind: 'basic' } : undefined;
}

/** What is wanted, and what the registry says that it wants beside it. */
function allScopes(scheme: Scheme, { scopes }: AuthorizedRequest): string[] {
  const asked = scheme.kind === 'bearer' && scopes.length === 0 ? (scheme.scope ?? '') : '';
  return [...new Set([...scopes, ...asked.split(' ')])].filter((scope) => scope !== '').sort();
}

async function findCredential(
  { credentials, registry, onSecret }: AuthorizationOptions,
  { scopes }: AuthorizedRequest,
): Promise<Credential | undefined> {
  const repository = scopes
    .map((scope) => /^repository:(.+):[^:]*$/.exec(scope)?.[1])
    .find((name) => name !== undefined);
  const credential = await credentials?.find(registry, repository);
  if (credential === undefined) return undefined;
  const { password, identityToken, registryToken } = credential;
  for (const secret of [password, identityToken, registryToken]) {
    if (secret !== undefined) onSecret(secret);
  }
  onSecret(basicHeader(credential).slice('Basic '.length));
  return credential;
}

export function basicHeader({ username, password }: Credential): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

const CLIENT = 'cutaway';
/** Docker's: shorter lifetimes are taken for this one, and a 401 renews a token anyway. */
const LEAST_LIFETIME = 60;
const TOKEN_LIMIT = 1024 * 1024;

async function fetchToken(
  options: AuthorizationOptions,
  request: AuthorizedRequest,
  scheme: Extract<Scheme, { kind: 'bearer' }>,
  credential: Credential | undefined,
): Promise<Token> {
  const operation = `${request.what}: get a token for ${options.registry}`;
  if (!URL.canParse(scheme.realm)) {
    throw new CutawayError('UNAVAILABLE', `${operation}: the registry names no token service`);
  }
  const response = await options.transport.fetch({
    ...tokenRequest(new URL(scheme.realm), scheme.service, request.scopes, credential),
    retry: true,
    signal: request.signal,
  });
  if (response.status !== 200) {
    response.discard();
    throw refusal(operation, response.status, options.registry);
  }
  const bytes = await readBody(response.body, TOKEN_LIMIT, operation);
  const document = parseTokenAnswer(bytes, operation);
  const token =
    document.get('token').optionalString() ?? document.get('access_token').optionalString();
  if (token === undefined || !/^[\x21-\x7e]+$/.test(token)) {
    throw new CutawayError('UNAVAILABLE', `${operation}: the answer has no token in it`);
  }
  options.onSecret(token);
  const stated = document.get('expires_in').optional((value) => value.integer(0)) ?? 0;
  const lifetime = BigInt(Math.max(stated, LEAST_LIFETIME)) * 1_000_000_000n;
  return { header: `Bearer ${token}`, expires: options.clock.monotonic() + lifetime };
}

/** The parser's own message would quote what it read, which may be a token or a password. */
export function parseTokenAnswer(bytes: Buffer, operation: string): JsonReader {
  try {
    return parseJson(bytes, 'answer of the token service');
  } catch {
    throw new CutawayError('UNAVAILABLE', `${operation}: the token service answers with no JSON`);
  }
}

function tokenRequest(
  url: URL,
  service: string | undefined,
  scopes: readonly string[],
  credential: Credential | undefined,
) {
  url.username = '';
  url.password = '';
  if (credential?.identityToken !== undefined) {
    const form = new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: CLIENT,
      refresh_token: credential.identityToken,
      ...(service === undefined ? {} : { service }),
      ...(scopes.length === 0 ? {} : { scope: scopes.join(' ') }),
    });
    return {
      method: 'POST' as const,
      url,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: Buffer.from(form.toString()),
    };
  }
  if (service !== undefined) url.searchParams.set('service', service);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  if (credential === undefined) return { method: 'GET' as const, url, headers: {} };
  url.searchParams.set('account', credential.username);
  const headers = { authorization: basicHeader(credential) };
  return { method: 'GET' as const, url, headers };
}

function refusal(operation: string, status: number, registry: string): CutawayError {
  const data = { status };
  if (status !== 401 && status !== 403) {
    const message = `${operation}: the token service fails with status ${status}`;
    return new CutawayError('UNAVAILABLE', message, { data });
  }
  return new CutawayError('PERMISSION_DENIED', `${operation}: name or password are wrong`, {
    hint: `cutaway login ${registry}`,
    data,
  });
}
