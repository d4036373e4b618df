import { cleanup, render } from '@testing-library/svelte';
import { tick } from 'svelte';
import { afterEach, expect, test, vi } from 'vitest';
import { EVIL, HOSTILE_ANSWERS } from '../../markdown/hostile-answers.ts';
import Markdown from './Markdown.svelte';

afterEach(cleanup);

/** All elements an answer may ever become. */
const ALLOWED =
  'A BLOCKQUOTE BR BUTTON CODE DEL DIV EM FIGCAPTION FIGURE H2 H3 H4 H5 H6 HR IMG INPUT LI OL P PATH POLYLINE PRE RECT SPAN STRONG SVG TABLE TBODY TD TH THEAD TR UL'.split(
    ' ',
  );
const ALLOWED_ATTRIBUTES =
  'alt aria-hidden aria-label aria-live checked class d dir disabled fill height href points rel role rx ry scope src start stroke stroke-linecap stroke-linejoin stroke-width style tabindex target title type viewbox width x xmlns y'.split(
    ' ',
  );

const show = (text: string, growing = false) => render(Markdown, { text, growing });
const shown = (text: string): HTMLElement => show(text).container;

test.each(HOSTILE_ANSWERS)('%j is shown, and nothing runs or is fetched', (text) => {
  const fetched = vi.spyOn(globalThis, 'fetch');
  for (const element of shown(text).querySelectorAll('*')) {
    expect(ALLOWED, element.outerHTML).toContain(element.tagName.toUpperCase());
    for (const { name, value } of element.attributes) {
      expect(ALLOWED_ATTRIBUTES, element.outerHTML).toContain(name.toLowerCase());
      if (name === 'src') expect(value).toMatch(/^data:image\/(?:png|jpeg|gif|webp);base64,/);
      if (name === 'href') expect(value).toMatch(/^(?:https?|mailto):/);
      if (name === 'style') expect(value).toMatch(/^text-align: (?:left|right|center);?$/);
      expect(name === 'href' || !value.includes(`//${EVIL}`), element.outerHTML).toBe(true);
    }
  }
  expect((window as { hostileRan?: unknown }).hostileRan).toBeUndefined();
  expect(fetched).not.toHaveBeenCalled();
});

test('every kind of markdown becomes its element', () => {
  const root = shown(
    [
      '# One\n## Two',
      'Words with **bold**, *slanted*, ~~gone~~ and `code`.  \nA new line<br>and another.',
      '- a\n- b\n\n3. c\n4. d',
      '- [x] done\n- [ ] open',
      '> quoted',
      '| a | b |\n|:-:|--:|\n| 1 | 2 |',
      '---',
      '```ts\nconst a = 1;\n```',
      '[site](https://example.com/) and https://example.org',
    ].join('\n\n'),
  );
  const count = (selector: string): number => root.querySelectorAll(selector).length;
  for (const selector of ['h2', 'h3', 'strong', 'em', 'del', 'blockquote', 'table', 'hr', 'pre']) {
    expect(count(selector), selector).toBe(1);
  }
  expect(count('br')).toBe(2);
  expect(root.querySelector('ol')?.getAttribute('start')).toBe('3');
  expect([...root.querySelectorAll('input')].map((box) => box.checked)).toEqual([true, false]);
  expect(root.querySelector('td:last-child')?.getAttribute('style')).toContain('right');
  const links = [...root.querySelectorAll('a')];
  expect(links.map((link) => link.href)).toEqual(['https://example.com/', 'https://example.org/']);
  expect(links[0]?.rel).toContain('noopener');
});

test('a remote picture is a link that says what it is', () => {
  const root = shown('![A cat](https://example.com/cat.png)');
  expect(root.querySelector('img')).toBeNull();
  expect(root.querySelector('a')?.textContent).toBe('Image: A cat');
});

test('a link that is none tells where it would have led', () => {
  expect(shown('[Click](javascript:alert(1))').textContent).toContain(
    'Click (javascript:alert(1))',
  );
});

test('blocks that are settled keep their elements while the answer grows', async () => {
  const { container, rerender } = show('One.\n\nTwo.\n\n- a\n- b', true);
  const before = [...container.querySelectorAll('p, li')];
  await rerender({ text: 'One.\n\nTwo.\n\n- a\n- b\n- c\n\nThree', growing: true });
  await vi.waitFor(() => expect(container.textContent).toContain('Three'));
  const after = [...container.querySelectorAll('p, li')];
  expect(after.slice(0, before.length)).toEqual(before);
  expect(after).toHaveLength(before.length + 2);
});

test('code has colours once it is whole, and none before', async () => {
  const { container, rerender } = show('```ts\nconst a', true);
  await tick();
  expect(container.querySelector('pre span')).toBeNull();
  await rerender({ text: '```ts\nconst a = 1;\n```', growing: false });
  await vi.waitFor(() =>
    expect(container.querySelector('.code-keyword')?.textContent).toBe('const'),
  );
  expect(container.querySelector('pre')?.textContent).toBe('const a = 1;');
});

test('a very long answer is drawn step by step, to its end', async () => {
  const { container } = show(`${'Some words of an answer.\n\n'.repeat(600)}The end`);
  const atFirst = container.querySelectorAll('p').length;
  expect(atFirst).toBeLessThan(600);
  await vi.waitFor(() => expect(container.textContent).toContain('The end'), 10_000);
  expect(container.querySelectorAll('p')).toHaveLength(601);
});

test('each paragraph finds its own direction', () => {
  const root = shown('Hello\n\nשלום עולם\n\n- مرحبا');
  expect(
    [...root.querySelectorAll('p, li')].every((one) => one.getAttribute('dir') === 'auto'),
  ).toBe(true);
});
