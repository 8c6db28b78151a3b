// What layers are compared with can be tampered with as well, and layers can be made on this host.
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Test } from 'tap';
import type { Docker } from '../../support/docker.js';
import { Crc64 } from '../../../src/image/crc64.js';
import { sha256 } from '../../support/build-image.js';
import { shown, verify, withCopy, type VerifiedEngine } from './check-engine.js';
import { tamperImage } from './tamper.js';

/** `store` has blobs/sha256. */
export async function checkBlob(t: Test, engine: VerifiedEngine, store: string): Promise<void> {
  const directory = `${store}/blobs/sha256`;
  const [base = Buffer.alloc(0)] = tamperImage();
  const name = readdirSync(directory).find((one) =>
    holds(readFileSync(join(directory, one)), base),
  );
  const path = join(directory, name ?? '');
  const before = readFileSync(path);
  const damaged = Buffer.from(before);
  damaged[damaged.length - 20] = (damaged[damaged.length - 20] ?? 0) ^ 1;
  writeFileSync(path, damaged);
  const { status, answer } = await verify(engine, engine.image);
  t.same(
    answer.findings.map(({ finding }) => finding),
    ['blob'],
    'one bit of a blob',
  );
  t.equal(status, 1);
  writeFileSync(path, before);
  t.equal((await verify(engine, engine.image)).status, 0);
}

function holds(blob: Buffer, tar: Buffer): boolean {
  if (blob.equals(tar)) return true;
  return blob[0] === 0x1f && blob[1] === 0x8b && gunzipSync(blob).equals(tar);
}

/** tar-split of the base layer, whose name ends so; `directory` has those of all layers. */
export async function checkRecord(
  t: Test,
  engine: VerifiedEngine,
  directory: string,
  ending: string,
): Promise<void> {
  const layers = (await verify(engine, engine.image)).answer.layers;
  const tool = `${layers[0]?.unpacked?.directory ?? ''}/bin/tool`;
  const records = readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(directory, name));
  const path = records.find((one) => unzipped(one).includes('"bin/tool"')) ?? '';
  const before = readFileSync(path);
  const find = async () => {
    const { answer, status } = await verify(engine, engine.image);
    t.equal(status, 1);
    return answer.findings.map(({ finding }) => finding);
  };

  await withCopy(layers[0]?.unpacked?.directory ?? '', async () => {
    // Whoever changes a file and puts its new checksum into the record is found out by the digest.
    const old =
      /"name":"bin\/tool","size":70000,"payload":"([^"]+)"/.exec(unzipped(path))?.[1] ?? '';
    const content = readFileSync(tool);
    content[9] = 0x21;
    writeFileSync(tool, content);
    utimesSync(tool, 1_700_000_000, 1_700_000_000);
    chmodSync(tool, 0o4755);
    const crc = new Crc64();
    crc.update(content);
    const forged = Buffer.from(crc.digest(), 'hex').toString('base64');
    writeFileSync(path, gzipSync(unzipped(path).replace(old, forged)));
    t.same(await find(), ['record'], 'a file with the checksum of what it is now');
    writeFileSync(path, before);
    t.same(await find(), ['content'], 'and with the checksum it had');
  });
  writeFileSync(path, gzipSync(unzipped(path).replace('"position":3', '"position":4')));
  t.same(await find(), ['record'], 'a part is missing');
  writeFileSync(path, before.subarray(0, 200));
  t.same(await find(), ['record'], 'cut off');
  writeFileSync(path, gzipSync(Buffer.alloc(1 << 20, 'x')));
  t.same(await find(), ['record'], 'something else');
  rmSync(path);
  execFileSync('mkfifo', [path]);
  t.same(await find(), ['record'], 'a pipe');
  rmSync(path);
  t.same(await find(), ['record'], 'gone');
  writeFileSync(path, before);
  t.equal((await verify(engine, engine.image)).status, 0);
}

function unzipped(path: string): string {
  return gunzipSync(readFileSync(path)).toString('utf8');
}

const DOCKERFILE = `FROM scratch
ADD busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
RUN mkdir -p /etc /srv/d && echo one > /etc/one && ln /etc/one /etc/uno && echo x > /srv/d/x
RUN rm /etc/uno && echo 1 >> /etc/one && rm -r /srv/d && mkdir /srv/d && chmod 1777 /srv/d
`;

/** Layers that were made here, and a container on top of them. */
export async function checkBuilt(
  t: Test,
  engine: VerifiedEngine,
  docker: Docker,
  base: string,
): Promise<void> {
  const context = join(base, 'context');
  mkdirSync(context);
  const busybox = execFileSync('sh', ['-c', 'readlink -f $(command -v busybox)'], {
    encoding: 'utf8',
  });
  copyFileSync(busybox.trim(), join(context, 'busybox'));
  writeFileSync(join(context, 'Dockerfile'), DOCKERFILE);
  docker.run(['build', '-q', '--network', 'none', '-t', 'built:1', context], {
    environment: { DOCKER_BUILDKIT: '0' },
  });
  docker.run(['create', '--name', 'made', 'built:1', '/bin/sh']);
  for (const target of ['docker:built:1', 'docker:made']) {
    const { status, answer } = await verify(engine, target);
    t.same(answer.findings, [], `${target}: untouched`);
    t.equal(status, 0);
    t.equal(answer.layers.length, 4);
  }
  const { answer } = await verify(engine, 'docker:made');
  const directory = answer.layers[2]?.unpacked?.directory ?? '';
  await withCopy(directory, async () => {
    writeFileSync(`${directory}/etc/one`, 'two\n');
    const after = await verify(engine, 'docker:made');
    t.same(shown(after.answer), ['content /etc/one'], 'of a container');
    const [finding] = after.answer.findings as unknown as { found: { sha256: string } }[];
    t.equal(`sha256:${finding?.found.sha256 ?? ''}`, sha256(Buffer.from('two\n')));
  });
  docker.run(['rm', 'made']);
}
