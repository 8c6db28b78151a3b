import t from 'tap';
import { nextPage } from '../../../src/image/registry/list-tags.js';
import { backoff, isTransientStatus, parseRetryAfter } from '../../../src/image/registry/retry.js';

t.test('what is tried again', (t) => {
  for (const status of [429, 500, 502, 503, 504]) t.ok(isTransientStatus(status), String(status));
  for (const status of [200, 400, 401, 404, 501, 505]) t.notOk(isTransientStatus(status));
  t.end();
});

t.test('waits grow, and no two are alike', (t) => {
  for (const [attempt, most] of [
    [1, 500],
    [2, 1000],
    [5, 8000],
    [20, 30_000],
  ] as const) {
    const wait = backoff(attempt);
    t.ok(wait >= most / 2 && wait <= most, `${attempt}: ${wait}`);
  }
  t.end();
});

t.test('Retry-After', (t) => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  t.equal(parseRetryAfter('7', now), 7000);
  t.equal(parseRetryAfter('Thu, 01 Jan 2026 00:01:30 GMT', now), 90_000);
  t.equal(parseRetryAfter('Wed, 31 Dec 2025 00:00:00 GMT', now), 0);
  t.equal(parseRetryAfter('soon', now), undefined);
  t.equal(parseRetryAfter(undefined, now), undefined);
  t.end();
});

t.test('the next page of a list', (t) => {
  const url = 'https://r.test/v2/a/tags/list?n=2';
  t.equal(nextPage('</v2/a/tags/list?n=2&last=b>; rel="next"', url), '/v2/a/tags/list?n=2&last=b');
  t.equal(nextPage('<list?last=b>; rel=next', url), '/v2/a/tags/list?last=b');
  t.equal(nextPage('<https://evil.test/v2/a/tags/list>; rel="next"', url), undefined);
  t.equal(nextPage('</elsewhere>; rel="next"', url), undefined);
  t.equal(nextPage('</v2/x>; rel="prev"', url), undefined);
  t.equal(nextPage(undefined, url), undefined);
  t.end();
});
