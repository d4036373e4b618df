import { flushSync } from 'svelte';
import { afterEach, expect, test, vi } from 'vitest';
import { Copying } from './copying.svelte.ts';

function setUp(writeText: (text: string) => Promise<void>) {
  vi.useFakeTimers();
  vi.stubGlobal('navigator', { clipboard: { writeText } });
  let copying: Copying | undefined;
  const end = $effect.root(() => {
    copying = new Copying();
  });
  flushSync();
  if (copying === undefined) throw new Error('It was not made');
  return { copying, end };
}

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('what came of a copy is said for a moment', async () => {
  const writeText = vi.fn<(text: string) => Promise<void>>().mockResolvedValue();
  const { copying, end } = setUp(writeText);
  expect(copying.words).toBe('Copy');
  await copying.copy('a text');
  expect([writeText.mock.calls, copying.words]).toEqual([[['a text']], 'Copied']);
  vi.advanceTimersByTime(2_000);
  expect(copying.words).toBe('Copy');
  end();
});

test('a browser that does not let it copy leaves it to the person', async () => {
  const { copying, end } = setUp(() => Promise.reject(new Error('denied')));
  await copying.copy('a text');
  expect(copying.words).toBe('Select and copy');
  end();
  expect(vi.getTimerCount()).toBe(0);
});
