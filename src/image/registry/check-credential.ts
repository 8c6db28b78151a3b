// What `login` asks a registry before anything is stored: docs.docker.com/reference/cli/docker/login.
import type { ReadHost } from '../../host/host.js';
import { CutawayError, hasCode } from '../../oci/error.js';
import { basicHeader, parseTokenAnswer } from './authorization.js';
import { parseChallenges } from './challenge.js';
import { openRegistry, type Credential, type RegistryConfig } from './registry-client.js';
import { readBody } from './response-body.js';
import { openTransport, type TransportRequest } from './transport.js';

export interface CheckedCredential {
  /** What to store: with the refresh token in the place of the password where there is one. */
  readonly credential: Credential;
  /** False for a registry that lets everybody in: then nobody knows whether it is right. */
  readonly isAsked: boolean;
}

interface Realm {
  readonly realm: string;
  readonly service: string | undefined;
}

/** Fails with PERMISSION_DENIED when the registry does not take it. */
export async function checkCredential(
  host: ReadHost,
  name: string,
  credential: Credential,
  config: RegistryConfig,
): Promise<CheckedCredential> {
  const what = `log in to ${name}`;
  const challenge = await askChallenge(host, name, config, what);
  if (challenge === undefined) return { credential, isAsked: false };
  try {
    const realm = bearerRealm(challenge);
    const refresh =
      realm === undefined || credential.identityToken !== undefined
        ? undefined
        : await fetchRefreshToken(host, config, { realm, credential, what });
    const stored =
      refresh === undefined
        ? credential
        : { username: credential.username, password: '', identityToken: refresh };
    await tryCredential(host, name, { credential: stored, config, what });
    return { credential: stored, isAsked: true };
  } catch (error) {
    throw inOtherWords(error, what);
  }
}

/** The header that asks who we are; undefined when nobody wants to know. */
async function askChallenge(
  host: ReadHost,
  name: string,
  config: RegistryConfig,
  what: string,
): Promise<string | undefined> {
  const nobody = { find: () => Promise.resolve(undefined) };
  const registry = openRegistry(host, name, { config, credentials: nobody });
  try {
    // To be asked is the answer that is wanted; a token for nobody is not.
    const response = await registry.request('GET', '/v2/', {
      what,
      answers: [401],
      anonymous: true,
    });
    response.body.discard();
    return response.status === 401 ? (response.headers['www-authenticate'] ?? '') : undefined;
  } finally {
    registry.close();
  }
}

function bearerRealm(header: string): Realm | undefined {
  const bearer = parseChallenges(header).find(({ scheme }) => scheme === 'bearer');
  const { realm, service } = bearer?.parameters ?? {};
  return realm !== undefined && URL.canParse(realm) ? { realm, service } : undefined;
}

interface RefreshRequest {
  readonly realm: Realm;
  readonly credential: Credential;
  readonly what: string;
}

const ANSWER_LIMIT = 1024 * 1024;

/** Token services that have one give it for `offline_token`: distribution spec/auth/token.md. */
async function fetchRefreshToken(
  host: ReadHost,
  config: RegistryConfig,
  { realm, credential, what }: RefreshRequest,
): Promise<string | undefined> {
  const url = new URL(realm.realm);
  url.username = '';
  url.password = '';
  const { service } = realm;
  const fields = { account: credential.username, client_id: 'cutaway', offline_token: 'true' };
  for (const [key, value] of Object.entries({ ...fields, ...(service && { service }) })) {
    url.searchParams.set(key, value);
  }
  const headers = { authorization: basicHeader(credential) };
  const request: TransportRequest = { method: 'GET', url, headers, retry: true };
  const transport = openTransport(host, config);
  try {
    const response = await transport.fetch(request);
    if (response.status !== 200) {
      response.discard();
      throw refused(what, response.status);
    }
    const bytes = await readBody(response.body, ANSWER_LIMIT, what);
    const token = parseTokenAnswer(bytes, what).get('refresh_token').optionalString();
    return token === '' ? undefined : token;
  } finally {
    transport.close();
  }
}

function refused(what: string, status: number): CutawayError {
  return status === 401 || status === 403
    ? wrong(what)
    : new CutawayError('UNAVAILABLE', `${what}: the token service fails with status ${status}`);
}

interface Trial {
  readonly credential: Credential;
  readonly config: RegistryConfig;
  readonly what: string;
}

async function tryCredential(
  host: ReadHost,
  name: string,
  { credential, config, what }: Trial,
): Promise<void> {
  const credentials = { find: () => Promise.resolve(credential) };
  const registry = openRegistry(host, name, { config, credentials });
  try {
    (await registry.request('GET', '/v2/', { what })).body.discard();
  } finally {
    registry.close();
  }
}

/** "cutaway login" is no way out of a login that fails. */
function inOtherWords(error: unknown, what: string): unknown {
  return hasCode(error, 'PERMISSION_DENIED') && error.data['status'] === 401 ? wrong(what) : error;
}

function wrong(what: string): CutawayError {
  return new CutawayError('PERMISSION_DENIED', `${what}: name or password are wrong`);
}
