import { expect, test } from 'vitest';
import { decodeEntities } from './entities.ts';
import { inlinePicture, linkTarget } from './links.ts';

test.each([
  ['https://example.com/a?b=c#d', 'example.com'],
  ['http://example.com', 'example.com'],
  ['mailto:ada@example.com', 'ada@example.com'],
  ['//evil.example/x', 'evil.example'],
  ['/\\evil.example/x', 'evil.example'],
  ['\\\\evil.example/x', 'evil.example'],
  ['https://bank.example@evil.example/', 'evil.example'],
])('%s is a link, and says that it leads to %s', (written, place) => {
  expect(linkTarget(written)?.place).toBe(place);
});

test.each([
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  ' javascript:alert(1)',
  'java\nscript:alert(1)',
  'java\tscript:alert(1)',
  '\u0001javascript:alert(1)',
  'javascript&colon;alert(1)',
  'vbscript:msgbox(1)',
  'data:text/html,<script>alert(1)</script>',
  'blob:https://example.com/1',
  'file:///etc/passwd',
  'view-source:https://example.com',
  'intent://x#Intent;end',
  '/admin/api/tenants',
  './a.md',
  'a.md',
  '#top',
  '?x=1',
  '',
])('%j is no link', (written) => {
  expect(linkTarget(written)).toBeNull();
});

test('a picture is shown only when it brings its own bytes, and they are no document', () => {
  expect(inlinePicture('data:image/png;base64,iVBORw0KGgo=')).not.toBeNull();
  for (const written of [
    'https://evil.example/x.png',
    '//evil.example/x.png',
    '/api/me',
    'data:image/svg+xml;base64,PHN2Zz4=',
    'data:image/svg+xml,<svg onload=alert(1)>',
    'data:text/html;base64,PGI+',
    'data:image/png;base64,AA" onerror="alert(1)',
  ]) {
    expect(inlinePicture(written), written).toBeNull();
  }
});

test('entities become characters, and what is none stays as it was written', () => {
  expect(decodeEntities('a &lt;b&gt; &amp;amp; &#8594; &#x2014; &nope; &#0; &#99999999; R&D')).toBe(
    'a <b> &amp; → — &nope; &#0; &#99999999; R&D',
  );
});
