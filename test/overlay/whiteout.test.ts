import t from 'tap';
import {
  hiddenName,
  isAufsBookkeeping,
  isKernelWhiteout,
  isOpaqueMarker,
  kernelMarkers,
  parseOverlayXattr,
} from '../../src/overlay/whiteout.js';
import { directory, layer, ordinary, whiteout } from './entries.js';

t.test('names in a tar', (t) => {
  t.equal(hiddenName('.wh.passwd'), 'passwd');
  t.equal(hiddenName('.wh..hidden'), '.hidden');
  t.equal(hiddenName('.wh..wh'), '.wh');
  for (const name of [
    'passwd',
    '.wh.',
    '.wh..',
    '.wh...',
    '.wh..wh..opq',
    '.wh..wh.plnk',
    '.whx',
  ]) {
    t.equal(hiddenName(name), undefined, name);
  }
  t.same(['.wh..wh..opq', '.wh..wh..opqX', '.wh..opq'].map(isOpaqueMarker), [true, false, false]);
  t.same(['.wh..wh.plnk', '.wh..wh..opqX', '.wh..wh..opq', '.wh.a'].map(isAufsBookkeeping), [
    true,
    true,
    false,
    false,
  ]);
  t.end();
});

t.test('a whiteout on a disk is character device 0:0, and nothing like it', (t) => {
  t.equal(isKernelWhiteout({ type: 'char', major: 0, minor: 0 }), true);
  t.equal(isKernelWhiteout({ type: 'char', major: 0, minor: 1 }), false);
  t.equal(isKernelWhiteout({ type: 'char', major: 1, minor: 0 }), false);
  t.equal(isKernelWhiteout({ type: 'block', major: 0, minor: 0 }), false);
  t.equal(isKernelWhiteout({ type: 'file', major: 0, minor: 0 }), false);
  t.end();
});

t.test('attributes of overlayfs and attributes of files', (t) => {
  const machinery = { kind: 'machinery', name: 'overlay.opaque' };
  t.same(parseOverlayXattr('trusted.overlay.opaque'), machinery);
  t.same(parseOverlayXattr('user.overlay.opaque'), machinery);
  t.equal(parseOverlayXattr('user.overlay.opaque', ['trusted.']), undefined);
  t.same(parseOverlayXattr('trusted.overlay.overlay.opaque'), {
    kind: 'escaped',
    name: 'trusted.overlay.opaque',
  });
  t.same(parseOverlayXattr('user.overlay.overlay.overlay.x'), {
    kind: 'escaped',
    name: 'user.overlay.overlay.x',
  });
  for (const name of [
    'security.overlay.opaque',
    'trusted.overlayx',
    'user.note',
    'trusted.overlay',
  ]) {
    t.equal(parseOverlayXattr(name), undefined, name);
  }
  t.end();
});

t.test('what must be made in an unpacked directory', (t) => {
  const index = layer(
    directory('/'),
    directory('/a', { opaque: true }),
    whiteout('/b'),
    ordinary('/c'),
    whiteout('/a/d'),
  );
  t.same(kernelMarkers(index), { whiteouts: ['/a/d', '/b'], opaque: ['/a'] });
  t.end();
});
