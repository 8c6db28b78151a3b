import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import t from 'tap';
import { linuxHost } from '../../src/host/linux-host.js';
import { recordedHost } from '../../src/host/recorded-host.js';
import { readDescriptors } from '../../src/ns/descriptors.js';
import { isListening, parseInternet, parseUnix, readSockets } from '../../src/ns/sockets.js';

t.test('addresses and states', (t) => {
  const tcp = (local: string, remote: string, state: string) =>
    parseInternet('tcp', `  0: ${local} ${remote} ${state} 0:0 00:0 0        0        0 77 1 x`);
  t.same(tcp('0100007F:1F90', '00000000:0000', '0A'), {
    protocol: 'tcp',
    inode: '77',
    state: 'listening',
    local: { address: '127.0.0.1', port: 8080 },
  });
  t.match(tcp('0100007F:1F90', '0200000A:01BB', '01'), {
    state: 'established',
    remote: { address: '10.0.0.2', port: 443 },
  });
  const address = (hex: string) => tcp(`${hex}:0050`, '00000000:0000', '0A')?.local?.address;
  t.equal(address('00000000000000000000000000000000'), '::');
  t.equal(address('00000000000000000000000001000000'), '::1');
  t.equal(address('B80D0120000000000000000001000000'), '2001:db8::1');
  t.equal(address('0000000000000000FFFF00000100007F'), '::ffff:127.0.0.1');
  t.equal(address('B80D0120000001000000000001000000'), '2001:db8:1::1', 'of equals the longest');
  t.equal(tcp('0100007F:1F90', '00000000:0000', '06')?.state, 'time-wait');
  t.equal(parseInternet('tcp', 'no line at all'), undefined);
  const unowned = '  0: 0100007F:1F90 0200000A:01BB 06 0:0 00:0 0 0 0 0 1 x';
  t.equal(parseInternet('tcp', unowned), undefined, 'nobody has it open');
  t.end();
});

t.test('unix sockets: a path may hold anything', (t) => {
  const unix = (rest: string) => parseUnix('unix', `ffff9: 00000002 00000000 ${rest}`);
  t.same(unix('00010000 0001 01 20480 /run/a b\u001b.sock'), {
    protocol: 'unix',
    inode: '20480',
    state: 'listening',
    type: 'stream',
    path: '/run/a b\u001b.sock',
  });
  t.match(unix('00000000 0002 01 7 @abstract'), { type: 'datagram', path: '@abstract' });
  t.same(unix('00000000 0005 03     9'), {
    protocol: 'unix',
    inode: '9',
    state: 'established',
    type: 'seqpacket',
  });
  t.end();
});

t.test('a table that may not be read is a problem; one that is not there is none', (t) => {
  const files = { '/proc/5/net/udp': 'head\n' };
  const host = recordedHost({ files, failures: { '/proc/5/net/tcp': 'EACCES' } });
  const { sockets, problems } = readSockets(host, 5);
  t.equal(sockets.size, 0);
  t.match(problems, [{ code: 'EACCES', path: '/proc/5/net/tcp' }]);
  const closed = recordedHost({ failures: { '/proc/5/fd': 'EACCES' } });
  t.match(readDescriptors(closed, 5).problem, { code: 'EACCES', path: '/proc/5/fd' });
  t.end();
});

t.test('live: our own servers are among our descriptors', async (t) => {
  const host = linuxHost();
  const directory = mkdtempSync(`${tmpdir()}/cutaway-`);
  const listen = async (where: { port: number; host: string } | { path: string }) => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(where, resolve));
    return server;
  };
  const tcp = await listen({ port: 0, host: '127.0.0.1' });
  const unix = await listen({ path: `${directory}/x.sock` });
  const udp = createSocket('udp4');
  await new Promise<void>((resolve) => udp.bind(0, '127.0.0.1', resolve));
  t.teardown(() => {
    tcp.close();
    unix.close();
    udp.close();
    rmSync(directory, { recursive: true });
  });
  const portOf = (server: Server) => (server.address() as { port: number }).port;
  const { sockets, problems } = readSockets(host, process.pid);
  t.same(problems, []);
  const own = readDescriptors(host, process.pid).descriptors.flatMap(({ target }) => {
    const socket = sockets.get(/^socket:\[(\d+)\]$/.exec(target)?.[1] ?? '');
    return socket === undefined ? [] : [socket];
  });
  const address = '127.0.0.1';
  t.ok(own.every(({ protocol }) => protocol !== ''));
  const listening = own.filter(isListening);
  t.match(
    listening.find(({ protocol }) => protocol === 'tcp'),
    { state: 'listening', local: { address, port: portOf(tcp) } },
  );
  t.match(
    listening.find(({ protocol }) => protocol === 'udp'),
    { local: { address, port: udp.address().port } },
  );
  t.ok(listening.some(({ path }) => path === `${directory}/x.sock`));
});
