// What a registry says when it refuses: distribution-spec spec.md#error-codes.
import { CutawayError, type ErrorCode } from '../../oci/error.js';
import type { RegistryResponse } from './registry-client.js';

const MESSAGE_LIMIT = 300;
const BODY_LIMIT = 65_536;

/** The error that a response means; reads its body. */
export async function responseError(
  response: RegistryResponse,
  operation: { readonly what: string; readonly registry: string; readonly hide: Hide },
): Promise<CutawayError> {
  const { status } = response;
  const said = operation.hide(await readMessage(response));
  const [code, words, hint] = meaning(response, operation.registry);
  const details = said === '' ? '' : ` (${said})`;
  const message = `${operation.what}: ${words}${details}`;
  const way = hint === undefined ? {} : { hint };
  const after = retryAfterSeconds(response.headers);
  const data = { status, ...(after === undefined ? {} : { retryAfterSeconds: after }) };
  return new CutawayError(code, message, { data, ...way });
}

/** Takes away what nobody may see. */
export type Hide = (text: string) => string;

function meaning(
  { status, headers }: RegistryResponse,
  registry: string,
): [ErrorCode, string, string | undefined] {
  switch (status) {
    case 401:
      return [
        'PERMISSION_DENIED',
        'the registry refuses: not logged in, or no such repository',
        `cutaway login ${registry}`,
      ];
    case 403:
      return ['PERMISSION_DENIED', 'the registry refuses: not allowed', undefined];
    case 404:
      return ['NOT_FOUND', 'the registry does not have it', undefined];
    case 429:
      return ['UNAVAILABLE', 'the registry has had too many requests', retryHint(headers)];
    default:
      return status >= 500
        ? ['UNAVAILABLE', `the registry fails with status ${status}`, undefined]
        : ['INVALID_INPUT', `the registry refuses with status ${status}`, undefined];
  }
}

function retryHint(headers: RegistryResponse['headers']): string | undefined {
  const after = retryAfterSeconds(headers);
  return after === undefined ? undefined : `it takes the next one in ${after} seconds`;
}

function retryAfterSeconds(headers: RegistryResponse['headers']): number | undefined {
  const after = headers['retry-after'];
  return after !== undefined && /^\d{1,9}$/.test(after) ? Number(after) : undefined;
}

async function readMessage({ body }: RegistryResponse): Promise<string> {
  try {
    const text = (await body.bytes(BODY_LIMIT)).toString('utf8');
    return cut(errorTexts(text).join('; '));
  } catch {
    // It refuses; why is a courtesy.
    return '';
  }
}

function errorTexts(text: string): string[] {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return [];
  }
  const { errors, details, message } = (document ?? {}) as Record<string, unknown>;
  if (Array.isArray(errors)) {
    return errors.flatMap((error: unknown) => {
      const { code, message: words } = (error ?? {}) as Record<string, unknown>;
      return [words, code].filter((one) => typeof one === 'string' && one !== '').slice(0, 1);
    }) as string[];
  }
  return [message, details].filter((one) => typeof one === 'string').slice(0, 1);
}

function cut(text: string): string {
  return text.length > MESSAGE_LIMIT ? `${text.slice(0, MESSAGE_LIMIT)}…` : text;
}
