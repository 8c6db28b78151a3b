// A registry of the distribution project's HTTP API, version 2 (distribution-spec spec.md). This
// file: what a registry is to everything above it. Retries, redirects, credentials, proxies and TLS
// are behind `request`; who uses it sees answers.
import type { Readable } from 'node:stream';
import type { Limits } from '../limits.js';

export { openRegistry } from './open-registry.js';

/** Who somebody is at one registry. */
export interface Credential {
  readonly username: string;
  readonly password: string;
  /** OAuth 2 refresh token, in the place of a password (`identitytoken` of config.json). */
  readonly identityToken?: string;
  /** A bearer token that is sent as it is (`registrytoken` of config.json). */
  readonly registryToken?: string;
}

export interface Credentials {
  /**
   * For a registry as references name it: `docker.io`, `localhost:5000`. Undefined: nobody, which is
   * tried without credentials. `repository` for stores that know more than one credential a host.
   */
  find(registryHost: string, repository?: string): Promise<Credential | undefined>;
}

/** What the user has configured of registries: docs/registry.md. */
export interface RegistryConfig {
  /** By the name in references: `docker.io`, `registry.lan:5000`. */
  readonly registries: Readonly<Record<string, RegistrySettings>>;
  /** Hosts, `host:port`s and IPv4 networks (`10.0.0.0/8`) that need no TLS. */
  readonly insecure: readonly string[];
  /** A read that gets less than `leastBytes` in so long is given up, and tried again. */
  readonly idleSeconds: number;
  readonly leastBytes: number;
  /** How often one request is tried; default 5. */
  readonly attempts: number;
}

export interface RegistrySettings {
  /** Base URLs, tried first and in this order when something is read. */
  readonly mirrors?: readonly string[];
  /** Plain http and certificates that nobody has signed are taken. */
  readonly insecure?: boolean;
}

export interface RegistryOptions {
  readonly credentials?: Credentials | undefined;
  readonly config?: RegistryConfig | undefined;
  /** Those that the user set. */
  readonly limits?: Partial<Limits> | undefined;
  readonly signal?: AbortSignal | undefined;
}

export type RegistryMethod = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface RegistryRequest {
  /** What is done, in front of an error's message: `pull localhost:5000/web:1`. */
  readonly what: string;
  /** What the token must allow: `repository:library/busybox:pull,push`; several for a mount. */
  readonly scope?: string | readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly accept?: readonly string[];
  /** Bytes, or a function that begins the same stream again for each attempt. */
  readonly body?: Uint8Array | (() => Readable);
  /** Statuses that are an answer and no error, beside 2xx: `[404]`. */
  readonly answers?: readonly number[];
  readonly signal?: AbortSignal | undefined;
  /** Says nobody who we are, so that a 401 tells what the registry wants to know. Default false. */
  readonly anonymous?: boolean;
  /** GET and HEAD of what is to be read: configured mirrors are asked first. Default false. */
  readonly mirrors?: boolean;
  /**
   * Default: for GET, HEAD, PUT and DELETE, whose repetition changes nothing. A POST or PATCH that
   * fails on its way is an error; who knows that repeating does no harm may say so.
   */
  readonly retry?: boolean;
}

export interface RegistryResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Where the answer came from, after redirects. */
  readonly url: string;
  /** The rest must be read or thrown away. */
  readonly body: ResponseBody;
}

export interface ResponseBody extends AsyncIterable<Buffer> {
  /** All of it; more than `maximum` bytes is LIMIT_EXCEEDED. Default: the limit documentSize. */
  bytes(maximum?: number): Promise<Buffer>;
  /** Not wanted. */
  discard(): void;
}

export interface Registry {
  /** As references name it: `docker.io`. */
  readonly name: string;
  readonly limits: Limits;
  readonly config: RegistryConfig;
  /** `text` without passwords and tokens of this registry. */
  hide(text: string): string;
  /**
   * `path` begins with `/v2/`, or is a `Location` that the registry gave, absolute or not. Resolves
   * with 2xx or one of `answers`; anything else is an error that says what the registry said.
   */
  request(
    method: RegistryMethod,
    path: string,
    request: RegistryRequest,
  ): Promise<RegistryResponse>;
  close(): void;
}
