import t from 'tap';
import { unescapeMount } from '../../src/oci/mount-escape.js';

t.test('octal escapes', (t) => {
  t.equal(unescapeMount('/a\\040b\\011\\012\\134\\043'), '/a b\t\n\\#');
  t.equal(unescapeMount('/\\303\\274/\\377'), '/ü/\udcff', 'each is a byte');
  t.equal(unescapeMount('/a\\9\\12'), '/a\\9\\12', 'what is none stays');
  t.equal(unescapeMount('/\udcfe\\040'), '/\udcfe ');
  t.end();
});
