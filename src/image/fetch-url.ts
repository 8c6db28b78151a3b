// The bytes behind a URL that the user named, as `import` takes them. Nothing of this machine goes along
// but the request: no credential, no cookie.
import { shownUrl, type HttpClient, type HttpResponse } from '../host/http.js';
import { CutawayError } from '../oci/error.js';
import { findProxy } from './registry/proxy.js';

export interface FetchUrlOptions {
  readonly http: HttpClient;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

const MOST_REDIRECTS = 5;
const PACE = { idleMilliseconds: 60_000, leastBytes: 1 };
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Whether a text is one; anything else is a path. */
export function isUrl(text: string): boolean {
  return /^https?:\/\//i.test(text);
}

export async function fetchUrl(
  text: string,
  options: FetchUrlOptions,
): Promise<AsyncIterable<Buffer>> {
  if (!URL.canParse(text)) throw new CutawayError('INVALID_INPUT', `fetch "${text}": no URL`);
  let url = new URL(text);
  for (let hop = 0; hop <= MOST_REDIRECTS; hop += 1) {
    const response = await send(url, options);
    const { location } = response.headers;
    if (response.status === 200) return response.body;
    response.discard();
    if (!REDIRECTS.has(response.status) || location === undefined) {
      const code = response.status === 404 ? 'NOT_FOUND' : 'UNAVAILABLE';
      throw new CutawayError(code, `fetch ${shownUrl(url)}: status ${response.status}`);
    }
    url = follow(url, location);
  }
  throw new CutawayError('UNAVAILABLE', `fetch ${shownUrl(url)}: more than 5 redirects`);
}

async function send(
  url: URL,
  { http, environment, signal }: FetchUrlOptions,
): Promise<HttpResponse> {
  return await http.send({
    method: 'GET',
    url,
    headers: { 'user-agent': 'cutaway', accept: '*/*' },
    proxy: findProxy(url, environment),
    pace: PACE,
    signal,
  });
}

/** What was to come safely may not come in the open. */
function follow(from: URL, location: string): URL {
  const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  const isSafe =
    to?.protocol === 'https:' || (to?.protocol === 'http:' && from.protocol === 'http:');
  if (to !== undefined && isSafe) return to;
  throw new CutawayError('UNAVAILABLE', `fetch ${shownUrl(from)}: it leads where nobody goes`);
}
