import t from 'tap';
import { chainIDs } from '../../src/oci/chain-id.js';
import { parseDigest } from '../../src/oci/digest.js';

// image-spec config.md#layer-chainid: ChainID(L0) = DiffID(L0);
// ChainID(L0|…|Ln) = Digest(ChainID(L0|…|Ln-1) + " " + DiffID(Ln)).
// The values come from `printf %s … | sha256sum`; the diffIDs are those of the texts a, b, c.
const A = parseDigest('sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb');
const B = parseDigest('sha256:3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d');
const C = parseDigest('sha256:2e7d2c03a9507ae265ecf5b5356885a53393a2029d241394997265a1a25aefc6');
const A_B = 'sha256:51c0c8ace48498d6f5fee6b0592cc06f2da0f3cbe09c5a34a97dce85c3889676';
const A_B_C = 'sha256:2fce7f8ce91bcf0a1428b36e1024639fdbd9469eea762dba98aa749631885106';

t.test('the chain of three layers', (t) => {
  t.same(chainIDs([A, B, C]), [A, A_B, A_B_C]);
  t.end();
});

t.test('one layer is its own chain, none is none', (t) => {
  t.same(chainIDs([A]), [A]);
  t.same(chainIDs([]), []);
  t.end();
});

t.test('order matters, and what is above changes nothing below', (t) => {
  t.notSame(chainIDs([B, A])[1], A_B);
  t.same(chainIDs([A, B, A]).slice(0, 2), chainIDs([A, B]));
  t.end();
});
