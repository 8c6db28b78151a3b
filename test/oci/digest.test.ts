import { createHash } from 'node:crypto';
import t from 'tap';
import {
  digestAlgorithm,
  digestHex,
  isDigest,
  parseDigest,
  sha256Digest,
  type Digest,
} from '../../src/oci/digest.js';

const HEX = '0123456789abcdef'.repeat(4);

t.test('what is a digest', (t) => {
  for (const text of [`sha256:${HEX}`, `sha512:${HEX}${HEX}`]) {
    t.equal(isDigest(text), true, text);
    t.equal(parseDigest(text), text);
  }
  t.end();
});

t.test('what is none, and why', (t) => {
  const rows: [text: string, code: string, reason: RegExp][] = [
    ['', 'INVALID_INPUT', /not a digest: ""/],
    ['abc', 'INVALID_INPUT', /not a digest: "abc"$/],
    [HEX, 'INVALID_INPUT', /not a digest/],
    ['sha256:', 'INVALID_INPUT', /not a digest/],
    [`sha256:${HEX.slice(1)}`, 'INVALID_INPUT', /64 lower-case hex/],
    [`sha256:${HEX}0`, 'INVALID_INPUT', /64 lower-case hex/],
    [`sha256:${HEX.toUpperCase()}`, 'INVALID_INPUT', /64 lower-case hex/],
    [`sha256:${HEX.replace('0', 'g')}`, 'INVALID_INPUT', /64 lower-case hex/],
    [`sha512:${HEX}`, 'INVALID_INPUT', /128 lower-case hex/],
    [`SHA256:${HEX}`, 'INVALID_INPUT', /not a digest/],
    [`sha256:${HEX}\n`, 'INVALID_INPUT', /not a digest/],
    [` sha256:${HEX}`, 'INVALID_INPUT', /not a digest/],
    [`sha256:../../../${HEX.slice(9)}`, 'INVALID_INPUT', /not a digest/],
    [`sha384:${HEX}${HEX.slice(32)}`, 'UNSUPPORTED', /algorithm sha384 is not supported/],
    [`blake3:${HEX}`, 'UNSUPPORTED', /algorithm blake3 is not supported/],
    ['multihash+base58:QmRZxt2b1FVZPNqd8hsiykDL3TdBDeTSPX9Kv46HmX4Gx8', 'UNSUPPORTED', /base58/],
  ];
  for (const [text, code, message] of rows) {
    t.equal(isDigest(text), false, JSON.stringify(text));
    t.throws(() => parseDigest(text), { code, message, data: { digest: text } });
  }
  t.end();
});

t.test('the message starts with what was being done, and stays short', (t) => {
  t.throws(() => parseDigest('x', 'read layer 3'), { message: 'read layer 3: not a digest: "x"' });
  t.throws(() => parseDigest('x'.repeat(100_000)), { message: /^.{1,250}$/ });
  t.end();
});

t.test('its parts', (t) => {
  const digest: Digest = parseDigest(`sha512:${HEX}${HEX}`);
  t.equal(digestAlgorithm(digest), 'sha512');
  t.equal(digestHex(digest), HEX + HEX);
  t.equal(digestAlgorithm(parseDigest(`sha256:${HEX}`)), 'sha256');
  t.end();
});

t.test('sha256 of known bytes (FIPS 180-4 examples)', (t) => {
  t.equal(
    sha256Digest(Buffer.from('abc')),
    'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  );
  t.equal(
    sha256Digest(new Uint8Array()),
    'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  );
  t.equal(
    sha256Digest(Buffer.from('abc')),
    `sha256:${createHash('sha256').update('abc').digest('hex')}`,
  );
  t.end();
});
