// Docker Hub's index, which is spoken to as ever: through a proxy, by its own name, with TLS. And the
// catalogue of Debian's docker-registry.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { documentSchema } from '../../src/report/schemas.js';
import { makeAuthority } from '../support/certificates.js';
import { cannotRun } from '../support/cli.js';
import { startFaultProxy } from '../support/fault-proxy.js';
import { startForwardProxy } from '../support/forward-proxy.js';
import { scratch, startRegistry } from '../support/registry.js';
import { makeRegistryUser } from '../support/registry-user.js';
import { schemaErrors } from '../support/schema-errors.js';
import { startTokenService } from '../support/token-service.js';

interface Asked {
  readonly host: string | undefined;
  readonly path: string;
  readonly authorization: string | undefined;
}

const schema = documentSchema('search') ?? {};

const RESULTS = [
  { name: 'nginx', description: 'Official build of Nginx.', star_count: 20_000, is_official: true },
  {
    name: 'evil/nginx',
    description: `\u001b[31mred\u001b[0m and\nlong ${'words '.repeat(30)}`,
    star_count: 7,
    is_official: false,
    is_automated: true,
  },
  { name: 'kim/nginx', description: '', star_count: 0, is_official: false },
];

/** Answers as index.docker.io does: its search API of version 1. */
async function startHub(t: Test) {
  const directory = scratch(t, 'hub');
  const authority = makeAuthority(directory);
  const own = authority.issue('hub', ['DNS:index.docker.io']);
  const asked: Asked[] = [];
  let body: string | undefined;
  const server = createServer(
    { cert: readFileSync(own.certificate), key: readFileSync(own.key) },
    (request, response) => {
      const { headers, url = '/' } = request;
      asked.push({ host: headers.host, path: url, authorization: headers.authorization });
      const query = new URL(url, 'https://index.docker.io').searchParams;
      const most = Number(query.get('n'));
      const found = query.get('q') === 'nginx' ? RESULTS : [];
      const page = { num_pages: 1, num_results: found.length, page: 1, page_size: most };
      response.setHeader('content-type', 'application/json');
      const results = found.slice(0, most);
      response.end(body ?? JSON.stringify({ ...page, query: query.get('q'), results }));
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const proxy = await startForwardProxy(t, (server.address() as AddressInfo).port);
  return {
    asked,
    proxy,
    say: (text: string) => (body = text),
    env: { HTTPS_PROXY: `http://${proxy.host}`, SSL_CERT_FILE: authority.certificate },
  };
}

async function testSearch(): Promise<void> {
  await t.test('Docker Hub', async (t) => {
    const hub = await startHub(t);
    const user = makeRegistryUser(t);
    const search = (...args: readonly string[]) => user.run(['search', ...args], { env: hub.env });
    const { status, stdout, stderr } = await search('nginx');
    t.match({ status, stderr }, { status: 0, stderr: '' });
    const lines = stdout.trimEnd().split('\n');
    t.match(lines[0], /^NAME +DESCRIPTION +STARS +OFFICIAL$/);
    t.match(lines[1], /^nginx +Official build of Nginx\. +20000 +\[OK\]$/);
    t.match(lines[2], /^evil\/nginx +\\x1b\[31mred\\x1b\[0m and long words w.*… +7$/);
    t.match(lines[3], /^kim\/nginx +0$/);
    t.equal(lines.length, 4);
    t.same(hub.asked, [
      { host: 'index.docker.io', path: '/v1/search?q=nginx&n=25', authorization: undefined },
    ]);
    t.same(hub.proxy.requests, [{ place: 'index.docker.io:443', authorization: undefined }]);
    t.match((await search('--no-trunc', 'nginx')).stdout, /(?:words ){29}words/);
    const names = async (...args: readonly string[]) => {
      const outcome = await search('--json', ...args);
      const document = JSON.parse(outcome.stdout) as { results: { name: string }[]; more: boolean };
      t.same(schemaErrors(schema, document), []);
      return [...document.results.map(({ name }) => name), ...(document.more ? ['more'] : [])];
    };
    t.same(await names('nginx'), ['nginx', 'evil/nginx', 'kim/nginx']);
    t.same(await names('--limit', '1', 'nginx'), ['nginx', 'more']);
    t.same(await names('--filter', 'stars=7', 'docker.io/nginx'), ['nginx', 'evil/nginx']);
    t.same(await names('--filter', 'is-official=false', '--limit', '1', 'nginx'), [
      'evil/nginx',
      'more',
    ]);
    t.same(await names('-f', 'is-official=true', '-f', 'stars=30000', 'nginx'), []);
    t.same(await names('no such thing & more'), []);
    t.equal(hub.asked.at(-1)?.path, '/v1/search?q=no+such+thing+%26+more&n=25');
    hub.say('<html>');
    t.match(await search('nginx'), { status: 2, stderr: /answer of the search: not JSON/ });
    hub.proxy.refuse();
    t.match(await search('nginx'), { status: 2, stderr: /the proxy refuses with 403/ });
  });

  await t.test('what it refuses', async (t) => {
    const user = makeRegistryUser(t);
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [['docker.io/'], /Docker Hub is not listed, only searched/],
      [[''], /Docker Hub is not listed, only searched/],
      [['--limit', '101', 'x'], /--limit is from 1 to 100, not "101"/],
      [['--limit', '0', 'x'], /--limit is from 1 to 100, not "0"/],
      [
        ['--filter', 'is-automated=true', 'x'],
        /no filter "is-automated=true"\n.*there are stars=N/,
      ],
      [['--filter', 'stars=1', '127.0.0.1:1/x'], /knows names only: no --filter/],
      [['127.0.0.1:1/x'], /connection refused/],
    ];
    for (const [args, message] of cases) {
      t.match(await user.run(['search', ...args]), { status: 2, stderr: message }, args.join(' '));
    }
  });

  await t.test('the catalogue of another registry', async (t) => {
    const registry = await startRegistry(t, { configuration: { catalog: { maxentries: 2 } } });
    const proxy = await startFaultProxy(t, registry.url);
    const user = makeRegistryUser(t);
    const { host } = proxy;
    const names = ['app', 'team/api', 'team/web', 'tools'].map((name) => `${host}/${name}:1`);
    await user.addImage(['x'], ...names, `${host}/team/web:2`);
    for (const name of [...names, `${host}/team/web:2`]) await user.text('push', '-q', name);
    proxy.reset();
    const all = await user.text('search', `${host}/`);
    t.same(
      all
        .trimEnd()
        .split('\n')
        .map((line) => line.split(/ +/)),
      [
        ['NAME', 'TAGS'],
        [`${host}/app`, '1'],
        [`${host}/team/api`, '1'],
        [`${host}/team/web`, '2'],
        [`${host}/tools`, '1'],
      ],
    );
    const pages = proxy.requests.filter(({ url }) => url.startsWith('/v2/_catalog'));
    t.ok(pages.length > 1, `${pages.length} pages`);
    const json = async (...args: readonly string[]) => {
      const document = JSON.parse(await user.text('search', '--json', ...args)) as object;
      t.same(schemaErrors(schema, document), []);
      return document;
    };
    t.match(await json(`${host}/TEAM`), {
      subject: { kind: 'registry', target: host },
      term: 'TEAM',
      results: [
        { name: `${host}/team/api`, tags: 1 },
        { name: `${host}/team/web`, tags: 2 },
      ],
      more: false,
    });
    t.match(await json('--limit', '1', `${host}/t`), {
      results: [{ name: `${host}/team/api` }],
      more: true,
    });
    const link = '</v2/_catalog>; rel="next"';
    const page = (name: string) =>
      ({
        kind: 'answer',
        status: 200,
        headers: { link },
        body: JSON.stringify({ repositories: [name, '../../etc', 'app\u001b[2J'] }),
      }) as const;
    proxy.inject({ when: /_catalog/, fault: page('app') });
    const circle = await user.run(['search', `${host}/`]);
    t.match(circle, { status: 2, stderr: /its pages go in a circle/ });
    proxy.reset();
    proxy.inject({ when: /_catalog/, fault: { kind: 'answer', status: 404 } });
    t.match(await user.run(['search', `${host}/`]), { status: 2, stderr: /has no catalogue/ });
    proxy.reset();
    proxy.inject({ when: /tags\/list/, fault: { kind: 'answer', status: 404 } });
    t.match(await json(`${host}/app`), { results: [{ tags: 0 }], problems: [] });
    proxy.reset();
    proxy.inject({ when: /tags\/list/, fault: { kind: 'answer', status: 400 } });
    t.match(await json(`${host}/app`), { problems: [{ code: 'tags-unreadable' }] });
  });

  await t.test('a catalogue for those who log in', async (t) => {
    const users = { kim: 's3cr3t' };
    const service = await startTokenService(t, scratch(t, 'tokens'), { users, anonymous: [] });
    const registry = await startRegistry(t, { token: service.settings });
    const user = makeRegistryUser(t);
    t.match(await user.run(['search', `${registry.host}/`]), {
      status: 2,
      stderr: new RegExp(`\n {2}cutaway login ${registry.host}\n$`),
    });
    const login = ['login', '-u', 'kim', '--password-stdin', registry.host];
    t.match(await user.run(login, { input: 's3cr3t' }), { status: 0 });
    t.equal(await user.text('search', `${registry.host}/`), 'NAME   TAGS\n');
    t.equal(service.requests.at(-1)?.fields.get('scope'), 'registry:catalog:*');
  });
}

const skip = cannotRun('docker-registry', 'openssl');
if (skip !== false) t.plan(0, skip);
else await testSearch();
