// Blobs whose way is bad: they go on where they were cut, or are refused.
import t, { type Test } from 'tap';
import { linuxHost } from '../../../src/host/linux-host.js';
import { streamBlob } from '../../../src/image/registry/fetch-blob.js';
import { fetchManifest } from '../../../src/image/registry/fetch-manifest.js';
import { openRegistry, type RegistryConfig } from '../../../src/image/registry/registry-client.js';
import { DEFAULT_REGISTRY_CONFIG } from '../../../src/image/registry/registry-config.js';
import { verified } from '../../../src/image/verify.js';
import { sha256 } from '../../support/build-image.js';
import { cannotRun } from '../../support/cli.js';
import { startFaultProxy } from '../../support/fault-proxy.js';
import { startRegistry } from '../../support/registry.js';
import { uploadBlob } from '../../support/upload-image.js';

const skip = cannotRun('docker-registry');

function client(t: Test, name: string, config: Partial<RegistryConfig> = {}) {
  const whole = { ...DEFAULT_REGISTRY_CONFIG, attempts: 3, ...config };
  const registry = openRegistry(linuxHost(), name, { config: whole });
  t.teardown(() => {
    registry.close();
  });
  return registry;
}

async function drain(source: AsyncIterable<Buffer>): Promise<number> {
  let size = 0;
  for await (const chunk of source) size += chunk.length;
  return size;
}

const BIG = Buffer.alloc(1_000_000, 'cutaway ');

t.test('a blob goes on where it was cut', { skip }, async (t) => {
  const registry = await startRegistry(t);
  const digest = await uploadBlob(registry, 'app', BIG);
  const descriptor = { mediaType: 'x', digest, size: BIG.length };
  const proxy = await startFaultProxy(t, registry.url);
  const what = `layer 1 ${digest}`;
  const request = { registry: client(t, proxy.host), repository: 'app', descriptor, what };
  const all = async (start = 0, end = BIG.length) => {
    const chunks: Buffer[] = [];
    for await (const chunk of streamBlob(request, { start, end })) chunks.push(chunk);
    return Buffer.concat(chunks);
  };
  proxy.inject({ when: /blobs/, fault: { kind: 'cut', after: 300_000 }, times: 3 });
  t.equal(sha256(await all()), digest);
  const ranges = proxy.requests.filter(({ url }) => url.includes('blobs'));
  t.same(
    ranges.map(({ headers }) => headers.range),
    [undefined, 'bytes=300000-999999', 'bytes=600000-999999', 'bytes=900000-999999'],
  );
  t.same(await all(500, 700), BIG.subarray(500, 700));
  proxy.reset();
  const body = BIG;
  const whole = { kind: 'answer', status: 200, body } as const;
  proxy.inject({ when: /blobs/, fault: { kind: 'cut', after: 5 }, times: 1 });
  proxy.inject({ when: /blobs/, fault: whole });
  t.equal(sha256(await all()), digest, 'a server that knows no ranges');
  proxy.reset();
  proxy.inject({ when: /blobs/, fault: { kind: 'cut', after: 5 }, times: 1 });
  const other = { 'content-range': 'bytes 0-999999/1000000' };
  proxy.inject({ when: /blobs/, fault: { kind: 'answer', status: 206, headers: other, body } });
  await t.rejects(all(), { message: /asked for bytes from 5, the registry sends others/ });
  proxy.reset();
  proxy.inject({ when: /blobs/, fault: { kind: 'length', add: -1 } });
  await t.rejects(all(), { code: 'CORRUPT', message: /has 999999 bytes instead of 1000000/ });
  proxy.reset();
  proxy.inject({ when: /blobs/, fault: { kind: 'length', add: 1 } });
  await t.rejects(all(), { code: 'CORRUPT', message: /has 1000001 bytes instead of 1000000/ });
  proxy.reset();
  proxy.inject({ when: /blobs/, fault: { kind: 'corrupt', at: 700_000 } });
  const checked = async () => {
    const { size } = descriptor;
    await drain(verified(streamBlob(request), { digest, size, what }));
  };
  await t.rejects(checked(), {
    code: 'CORRUPT',
    message: new RegExp(`^read ${what}: its content`),
  });
  proxy.reset();
  proxy.inject({ when: /blobs/, fault: { kind: 'cut', after: 10 } });
  await t.rejects(all(), {
    code: 'UNAVAILABLE',
    message: /tried 3 times: .*the connection was cut/,
  });
});

t.test('trickle and silence', { skip }, async (t) => {
  const registry = await startRegistry(t);
  const digest = await uploadBlob(registry, 'app', BIG);
  const descriptor = { mediaType: 'x', digest, size: BIG.length };
  const proxy = await startFaultProxy(t, registry.url);
  const own = client(t, proxy.host, { attempts: 2, idleSeconds: 1 });
  const request = { registry: own, repository: 'app', descriptor, what: 'layer 1' };
  proxy.inject({ when: /blobs/, fault: { kind: 'trickle', bytes: 10, pause: 50 } });
  const all = () => drain(streamBlob(request));
  await t.rejects(all(), { code: 'UNAVAILABLE', message: /less than 16384 bytes in 1 seconds/ });
  proxy.reset();
  proxy.inject({ when: /manifests/, fault: { kind: 'silence' } });
  const asked = { registry: own, repository: 'app', what: 'pull app' };
  await t.rejects(fetchManifest(asked, '1'), { code: 'UNAVAILABLE', message: /in 1 seconds/ });
});
