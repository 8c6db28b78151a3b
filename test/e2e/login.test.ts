// Credentials: asked for, tried, kept where Docker keeps them, forgotten.
import { existsSync, readFileSync, statSync, writeFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { cannotRun } from '../support/cli.js';
import { makeCredentialHelper } from '../support/credential-helper.js';
import { startFaultProxy } from '../support/fault-proxy.js';
import { scratch, startRegistry } from '../support/registry.js';
import { makeRegistryUser, type RegistryUser } from '../support/registry-user.js';
import { openTerminal } from '../support/terminal.js';
import { startTokenService } from '../support/token-service.js';

const PASSWORD = 'corr3ct:horse';

const config = (user: RegistryUser) =>
  JSON.parse(readFileSync(user.configPath, 'utf8')) as { auths: Record<string, object> };
const encoded = (pair: string) => Buffer.from(pair).toString('base64');

async function testLogin(): Promise<void> {
  await t.test('basic: tried first, then kept for nobody else', async (t) => {
    const registry = await startRegistry(t, { htpasswd: { kim: PASSWORD } });
    const user = makeRegistryUser(t);
    const login = (password: string) =>
      user.run(['login', '-u', 'kim', '--password-stdin', registry.host], { input: password });
    const wrong = await login('wr0ng-w0rd\n');
    t.match(wrong, { status: 2, stdout: '' });
    const refused = `cutaway login: log in to ${registry.host}: name or password are wrong\n`;
    t.equal(wrong.stderr, refused);
    t.notOk(existsSync(user.configPath), 'nothing is stored');
    const right = await login(`${PASSWORD}\n`);
    t.match(right, { status: 0, stdout: 'Login Succeeded\n' });
    t.match(right.stderr, /config\.json", which nobody else can read/);
    t.same(config(user), { auths: { [registry.host]: { auth: encoded(`kim:${PASSWORD}`) } } });
    t.equal(statSync(user.configPath).mode & 0o777, 0o600);
    const again = await user.run(['login', `http://${registry.host}/v2/`]);
    t.match(again, { status: 0, stdout: 'Login Succeeded\n' }, 'what is stored is good');
    t.match(again.stderr, /^Authenticating with existing credentials/);
    t.match(await user.run(['logout', registry.host]), {
      status: 0,
      stdout: `Removing login credentials for ${registry.host}\n`,
    });
    t.same(config(user), { auths: {} });
    t.equal(await user.text('logout', registry.host), `Not logged in to ${registry.host}\n`);
    for (const { stdout, stderr } of [wrong, right, again]) {
      t.notMatch(stdout + stderr, /wr0ng|corr3ct/);
      t.notOk((stdout + stderr).includes(encoded(`kim:${PASSWORD}`)));
    }
  });

  await t.test('with TLS, by the authority that SSL_CERT_FILE names', async (t) => {
    const registry = await startRegistry(t, { tls: true, htpasswd: { kim: PASSWORD } });
    const user = makeRegistryUser(t);
    const args = ['login', '-u', 'kim', '--password-stdin', registry.host];
    const unknown = await user.run(args, { input: PASSWORD });
    t.match(unknown, { status: 2, stderr: /certificate/ });
    t.notOk(existsSync(user.configPath));
    const env = { SSL_CERT_FILE: registry.authority };
    t.match(await user.run(args, { input: PASSWORD, env }), { status: 0 });
  });

  await t.test('a token service: its refresh token is kept instead of the password', async (t) => {
    const directory = scratch(t, 'tokens');
    const users = { kim: PASSWORD };
    const service = await startTokenService(t, directory, { users, refreshToken: 'R3fresh' });
    const registry = await startRegistry(t, { token: service.settings });
    const user = makeRegistryUser(t);
    const login = (input: string) =>
      user.run(['login', '-u', 'kim', '--password-stdin', registry.host], { input });
    t.match(await login('wr0ng'), { status: 2, stderr: /name or password are wrong\n$/ });
    t.match(await login(PASSWORD), { status: 0 });
    t.same(config(user).auths[registry.host], { auth: encoded('kim:'), identitytoken: 'R3fresh' });
    t.notMatch(readFileSync(user.configPath, 'utf8'), PASSWORD);
    t.equal(service.requests.at(-1)?.fields.get('grant_type'), 'refresh_token', 'it was tried');
    await user.addImage(['a'], `${registry.host}/kims/app:1`);
    t.match(await user.text('push', `${registry.host}/kims/app:1`), /^1: digest: sha256:/);
  });

  await t.test('a registry that lets everybody in', async (t) => {
    const registry = await startRegistry(t);
    const user = makeRegistryUser(t);
    const outcome = await user.run(['login', '-u', 'kim', '-p', 'x7y', registry.host]);
    t.match(outcome, { status: 0, stdout: 'Login Succeeded\n' });
    t.match(outcome.stderr, /--password is seen by all users/);
    t.match(outcome.stderr, /lets everybody in: nothing was checked/);
  });

  await t.test('what it refuses', async (t) => {
    const user = makeRegistryUser(t);
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [['-u', 'kim', 'reg.lan/team'], /"reg\.lan\/team" is part of a registry/],
      [['-u', 'kim', 'kim@reg.lan'], /"kim@reg\.lan" is no registry/],
      [['--password-stdin', '127.0.0.1:1'], /--password-stdin needs --username/],
      [['-u', 'k', '-p', 'x', '--password-stdin', '127.0.0.1:1'], /one of them/],
      [['-u', 'kim', '127.0.0.1:1'], /nobody to ask, for stdin is no terminal/],
      [['-u', 'k:m', '-p', 'x', '127.0.0.1:1'], /a name has no colon in it/],
      [['-u', 'kim', '--password-stdin', '127.0.0.1:1'], /the password is empty/],
      [['-u', 'kim', '-p', 'x', '127.0.0.1:1'], /connection refused/],
    ];
    for (const [args, message] of cases) {
      t.match(await user.run(['login', ...args]), { status: 2, stderr: message }, args.join(' '));
    }
    t.notOk(existsSync(user.configPath));
  });

  await t.test('a helper keeps it, when config.json names one', async (t) => {
    const registry = await startRegistry(t, { htpasswd: { kim: PASSWORD } });
    const user = makeRegistryUser(t);
    const helper = makeCredentialHelper(user.home, 'keep');
    mkdirSync(join(user.home, '.docker'));
    writeFileSync(user.configPath, '{"credsStore": "keep", "detachKeys": "ctrl-e,e"}');
    const env = { PATH: `${user.home}:${process.env['PATH'] ?? ''}` };
    const args = ['login', '-u', 'kim', '--password-stdin', registry.host];
    const outcome = await user.run(args, { input: PASSWORD, env });
    t.match(outcome, { status: 0, stderr: '' });
    t.same(helper.kept(), [{ ServerURL: registry.host, Username: 'kim', Secret: PASSWORD }]);
    const document = { credsStore: 'keep', detachKeys: 'ctrl-e,e' };
    t.same(config(user), { ...document, auths: { [registry.host]: {} } });
    await user.addImage(['a'], `${registry.host}/app:1`);
    t.match(await user.run(['push', `${registry.host}/app:1`], { env }), { status: 0 });
    t.match(await user.run(['logout', registry.host], { env }), { status: 0 });
    t.same(helper.kept(), []);
    t.match(await user.run(['push', `${registry.host}/app:1`], { env }), {
      status: 2,
      stderr: new RegExp(`\n  cutaway login ${registry.host}\n$`),
    });
  });

  await t.test('what others stored stays, and is told', async (t) => {
    const user = makeRegistryUser(t);
    mkdirSync(join(user.home, 'containers'));
    const auths = { 'reg.lan': { auth: encoded('kim:x') } };
    writeFileSync(join(user.home, 'containers/auth.json'), JSON.stringify({ auths }));
    const outcome = await user.run(['logout', 'reg.lan']);
    t.match(outcome, { status: 0, stdout: 'Not logged in to reg.lan\n' });
    t.match(outcome.stderr, /containers\/auth\.json" still has credentials for reg\.lan/);
  });

  await t.test('a terminal: the name is seen, the password is not', async (t) => {
    const registry = await startRegistry(t, { htpasswd: { kim: PASSWORD } });
    const user = makeRegistryUser(t);
    const variables: [string, string | undefined][] = Object.entries({
      ...user.env,
      CUTAWAY_DATA_ROOT: user.cutaway.dataRoot,
    });
    const set = variables.map(([name, value]) =>
      value === undefined ? `-u ${name}` : `${name}=${value}`,
    );
    set.sort((a, b) => Number(b.startsWith('-u')) - Number(a.startsWith('-u')));
    const { argv } = user.cutaway;
    const command = `env ${set.join(' ')} ${argv.join(' ')} login ${registry.host}`;
    const terminal = openTerminal(
      t,
      join(user.cutaway.directory, 'tmux'),
      `${command}; echo status $?`,
    );
    await terminal.shows(`Username for ${registry.host}:`);
    terminal.press('kimm', 'BSpace', 'Enter');
    await terminal.shows('Password:');
    terminal.press('wrong', 'C-u', PASSWORD, 'Enter');
    await terminal.shows('Login Succeeded');
    await terminal.shows('status 0');
    t.match(terminal.screen(), `Username for ${registry.host}: kim\n`);
    t.notMatch(terminal.screen(), /wrong|corr3ct|\*/);
    t.same(Object.keys(config(user).auths), [registry.host]);
  });

  await t.test('who is asked by whom', async (t) => {
    const registry = await startRegistry(t, { htpasswd: { kim: PASSWORD } });
    const proxy = await startFaultProxy(t, registry.url);
    const thief = await startFaultProxy(t, undefined, { address: '127.0.0.2' });
    const third = await startFaultProxy(t, undefined, { address: '127.0.0.3' });
    const user = makeRegistryUser(t);
    const args = ['login', '-u', 'kim', '--password-stdin', proxy.host];
    const login = () => user.run(args, { input: PASSWORD });
    const secrets = (requests: typeof thief.requests) =>
      requests.filter(({ headers, url }) => headers.authorization !== undefined || /kim/.test(url));
    proxy.inject({ when: /^GET \/v2\//, fault: { kind: 'redirect', to: `${thief.url}*` } });
    t.match(await login(), { status: 2 });
    t.ok(thief.requests.length > 0, 'the redirect was followed');
    t.same(secrets(thief.requests), [], 'and nothing was told there');
    proxy.reset();
    const challenge = (realm: string) => {
      proxy.reset();
      proxy.inject({
        when: /^GET \/v2\//,
        fault: {
          kind: 'answer',
          status: 401,
          headers: { 'www-authenticate': `Bearer realm="${realm}",service="s"` },
        },
      });
    };
    challenge('http://registry.example/token');
    const plain = await login();
    t.match(plain, { status: 2, stderr: /plain http is only for this machine/ });
    challenge('ftp://127.0.0.1/token');
    t.match(await login(), { status: 2 });
    challenge(`${thief.url}/token`);
    thief.inject({
      when: /token/,
      fault: { kind: 'redirect', to: `${third.url}*` },
    });
    t.match(await login(), { status: 2 });
    t.equal(secrets(thief.requests).length, 1, 'a token service is told, wherever it is');
    t.equal(third.requests.length, 1);
    t.equal(third.requests[0]?.headers.authorization, undefined, 'where it redirects to is not');
    t.notOk(existsSync(user.configPath), 'none of them was a login');
    for (const requests of [proxy.requests, thief.requests]) {
      t.notMatch(requests.map(({ url }) => url).join(' '), /corr3ct/, 'no secret is in a URL');
    }
  });
}

const skip = cannotRun('docker-registry', 'openssl', 'tmux');
if (skip !== false) t.plan(0, skip);
else await testLogin();
