import t from 'tap';
import { formatRuntimeConfig } from '../../../src/oci/runtime-config.js';
import { parseDockerSize } from '../../../src/runtime/spec/docker-size.js';
import { checkResources, makeResources } from '../../../src/runtime/spec/resources.js';
import { parseUlimits } from '../../../src/runtime/spec/ulimits.js';

const findDevice = () => ({ major: 8, minor: 16 });

t.test('what was asked for becomes resources, and nothing else does', (t) => {
  t.same(makeResources({}, findDevice), {});
  t.same(makeResources({ pidsLimit: -1, memorySwap: -1, cpuShares: 0 }, findDevice), {});
  t.same(makeResources({ memory: 64, nanoCpus: 1.5e9, pidsLimit: 5 }, findDevice), {
    memory: { limit: 64, swap: 128 },
    cpu: { period: 100_000, quota: 150_000 },
    pids: { limit: 5 },
  });
  t.same(makeResources({ memory: 64, memorySwap: -1 }, findDevice), { memory: { limit: 64 } });
  const throttles = { writeIops: [{ path: '/dev/sdb', rate: 7 }] };
  t.same(makeResources({ throttles, blkioWeight: 10 }, findDevice), {
    blockIO: { weight: 10, throttleWriteIOPSDevice: [{ major: 8, minor: 16, rate: 7 }] },
  });
  t.end();
});

t.test('what no kernel takes', (t) => {
  const M = 1024 * 1024;
  const bad = [{ memory: M }, { memorySwap: 64 * M }, { memory: 64 * M, memorySwap: 32 * M },
    { memory: 8 * M, memoryReservation: 9 * M }, { nanoCpus: 3e9 }, { nanoCpus: 1 },
    { nanoCpus: 1e9, cpuQuota: 1000 }, { cpuPeriod: 1 }, { cpuQuota: 1 }, { oomScoreAdj: 1001 },
    { blkioWeight: 9 }, { memorySwappiness: 101 }]; // prettier-ignore
  for (const wishes of bad) {
    const check = () => {
      checkResources(wishes, 2);
    };
    t.throws(check, { code: 'INVALID_INPUT' }, JSON.stringify(wishes));
  }
  checkResources({ memory: 8 * M, memorySwap: -1, nanoCpus: 2e9, oomScoreAdj: -1000 }, 2);
  t.end();
});

t.test('limits of processes', (t) => {
  t.same(parseUlimits(['nofile=10', 'cpu=1:2', 'nofile=20:30']), [
    { type: 'RLIMIT_CPU', soft: 1, hard: 2 },
    { type: 'RLIMIT_NOFILE', soft: 20, hard: 30 },
  ]);
  const rlimits = parseUlimits(['core=-1']);
  t.same(rlimits, [{ type: 'RLIMIT_CORE', soft: Infinity, hard: Infinity }]);
  const text = formatRuntimeConfig({ ociVersion: '1.0.2', process: { cwd: '/', rlimits } });
  t.match(text, '"hard": 18446744073709551615', 'all 64 bits of it');
  for (const bad of ['', 'nofile', 'nofile=', 'what=1', 'nofile=2:1', 'nofile=-1:5', 'NOFILE=1']) {
    t.throws(() => parseUlimits([bad]), { code: 'INVALID_INPUT' }, `"${bad}"`);
  }
  t.end();
});

t.test('sizes', (t) => {
  const sizes = {
    '1': 1,
    '64m': 2 ** 26,
    '1.5G': 1.5 * 2 ** 30,
    '2kb': 2048,
    '1GiB': 2 ** 30,
    '7b': 7,
    '0': 0,
  };
  for (const [text, bytes] of Object.entries(sizes))
    t.equal(parseDockerSize(text, '-m'), bytes, text);
  for (const bad of ['', 'm', '-1', '1x', '1mm', '0x10', '1e3']) {
    t.throws(() => parseDockerSize(bad, '-m'), { code: 'INVALID_INPUT' }, `"${bad}"`);
  }
  t.end();
});
