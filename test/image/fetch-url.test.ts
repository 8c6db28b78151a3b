// What `import URL` fetches, from servers that answer in every way.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { openHttp, type HttpClient } from '../../src/host/http.js';
import { fetchUrl, isUrl } from '../../src/image/fetch-url.js';
import { makeAuthority } from '../support/certificates.js';
import { isInstalled } from '../support/docker.js';
import { startForwardProxy } from '../support/forward-proxy.js';

interface Place {
  readonly url: string;
  readonly requests: IncomingMessage[];
}

function listen(t: Test, listener: RequestListener): Promise<Place> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    listener(request, response);
  });
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      resolve({ url: `http://127.0.0.1:${port}`, requests });
    });
  });
}

/** `/hops/3` leads on three times; `/to?URL` leads there; `/status/404` is that. */
const answer: RequestListener = ({ url = '' }, response) => {
  const [, kind = '', rest = ''] = /^\/(\w+)[/?]?(.*)$/.exec(url) ?? [];
  const hops = Number(rest);
  if (kind === 'hops' && hops > 0) {
    response.writeHead(302, { location: `${hops - 1}`, 'set-cookie': 'a=b' }).end();
  } else if (kind === 'to') {
    response.writeHead(307, { location: decodeURIComponent(rest) }).end('not this');
  } else if (kind === 'status') response.writeHead(Number(rest)).end('why');
  else response.end('the bytes');
};

function client(t: Test): HttpClient {
  const http = openHttp();
  t.teardown(() => {
    http.close();
  });
  return http;
}

async function read(
  http: HttpClient,
  url: string,
  environment: Record<string, string> = {},
): Promise<string> {
  const chunks: Buffer[] = [];
  const { signal } = new AbortController();
  for await (const chunk of await fetchUrl(url, { http, environment, signal })) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

t.test('what is a URL and what a path', (t) => {
  for (const text of ['http://a/b.tar', 'HTTPS://a']) t.ok(isUrl(text), text);
  for (const text of ['file:///a', 'ftp://a/b', 'http:/a', './http://a', '-']) t.notOk(isUrl(text));
  t.end();
});

t.test('redirects, and nothing of us but the request', async (t) => {
  const { url, requests } = await listen(t, answer);
  const http = client(t);
  t.equal(await read(http, `${url}/file`), 'the bytes');
  t.equal(await read(http, `${url}/hops/5`), 'the bytes', 'five');
  t.equal(await read(http, `${url}/to?${encodeURIComponent(`${url}/file`)}`), 'the bytes');
  await t.rejects(read(http, `${url}/hops/6`), { message: /more than 5 redirects/ });
  for (const { headers } of requests) {
    const names = Object.keys(headers).sort();
    t.same(names, ['accept', 'connection', 'host', 'user-agent'], 'no cookie, no credential');
  }
});

t.test('what leads nowhere', async (t) => {
  const { url } = await listen(t, answer);
  const http = client(t);
  const cases: readonly (readonly [place: string, code: string, message: RegExp])[] = [
    ['/status/404', 'NOT_FOUND', /^fetch http:\S+\/status\/404: status 404$/],
    ['/status/500', 'UNAVAILABLE', /: status 500$/],
    ['/status/206', 'UNAVAILABLE', /: status 206$/],
    ['/status/302', 'UNAVAILABLE', /: status 302$/],
    ['/to?file%3A%2F%2F%2Fetc%2Fpasswd', 'UNAVAILABLE', /it leads where nobody goes$/],
    ['/to?http%3A%2F%2F%5Bno', 'UNAVAILABLE', /it leads where nobody goes$/],
  ];
  for (const [place, code, message] of cases) {
    await t.rejects(read(http, url + place), { code, message }, place);
  }
  await t.rejects(read(http, 'http://[no'), { code: 'INVALID_INPUT', message: /no URL$/ });
  const secret = url.replace('//', '//user:secret@');
  const failure = await read(http, `${secret}/status/404`).catch(String);
  t.match(failure, 'status 404');
  t.notMatch(failure, 'secret', 'a password is not told');
  const cut = await listen(t, (_request, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('part', () => response.destroy());
  });
  await t.rejects(read(http, cut.url), { code: 'UNAVAILABLE' }, 'a body that ends too soon');
});

t.test('through the proxy of the environment', async (t) => {
  const { url, requests } = await listen(t, answer);
  const proxy = await startForwardProxy(t, Number(new URL(url).port));
  const environment = { http_proxy: `http://${proxy.host}` };
  t.equal(await read(client(t), 'http://files.test/file', environment), 'the bytes');
  t.equal(requests.length, 1);
});

const noOpenssl = isInstalled('openssl') ? false : 'needs openssl';

t.test('what was to come safely does not come in the open', { skip: noOpenssl }, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'cutaway-fetch-'));
  const authority = makeAuthority(directory);
  const { certificate, key } = authority.issue('server', ['IP:127.0.0.1']);
  const files = { cert: readFileSync(certificate), key: readFileSync(key) };
  rmSync(directory, { recursive: true });
  const open = await listen(t, answer);
  const server = createTlsServer(files, (_request, response) => {
    response.writeHead(301, { location: `${open.url}/file` }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const http = client(t);
  // The program trusts the machine's authorities; this one is the test's.
  const trusting: HttpClient = {
    ...http,
    send: (request) => http.send({ ...request, tls: { verify: false } }),
  };
  const url = `https://127.0.0.1:${port}/`;
  await t.rejects(read(trusting, url), { message: /it leads where nobody goes$/ });
  t.equal(open.requests.length, 0, 'the other one was not asked');
  await t.rejects(read(http, url), { code: 'UNAVAILABLE' }, 'nor is a stranger believed');
});
