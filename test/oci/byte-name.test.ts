import t from 'tap';
import { decodeName, encodeName, isUtf8Name } from '../../src/oci/byte-name.js';

t.test('every byte string has one text form and back', (t) => {
  let seed = 7;
  const random = () => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) >> 16;
  for (let round = 0; round < 2000; round += 1) {
    const bytes = Buffer.from(Array.from({ length: random() % 12 }, () => random() & 0xff));
    const name = decodeName(bytes);
    if (!encodeName(name).equals(bytes)) t.fail(`lost ${bytes.toString('hex')}`);
  }
  t.pass('2000 random names survive');
  t.end();
});

t.test('valid UTF-8 stays as it is', (t) => {
  t.equal(decodeName(Buffer.from('한글 ✓ 😀')), '한글 ✓ 😀');
  t.equal(isUtf8Name('한글'), true);
  t.equal(isUtf8Name('bomb \u{1f4a3}'), true, 'a pair of surrogates is one character');
  t.end();
});

t.test('what is not UTF-8 becomes lone surrogates', (t) => {
  const name = decodeName(Buffer.from([0x61, 0xff, 0xc3, 0x28, 0xed, 0xa0, 0x80]));
  t.equal(name, 'a\udcff\udcc3(\udced\udca0\udc80');
  t.equal(isUtf8Name(name), false);
  t.same([...encodeName(name)], [0x61, 0xff, 0xc3, 0x28, 0xed, 0xa0, 0x80]);
  t.end();
});
