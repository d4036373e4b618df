import { expect, it } from 'vitest';
import { promptBytes } from './prompt-size.ts';

const asking = (content: unknown) => ({ model: 'chat', messages: [{ role: 'user', content }] });

it('a text is as long as its request', () => {
  expect(promptBytes(asking('hello'), 70)).toBe(70);
  expect(promptBytes(asking([{ type: 'text', text: 'hello' }]), 90)).toBe(90);
});

it('an image counts the same whether its data or its address is sent', () => {
  const image = (url: string) => asking([{ type: 'image_url', image_url: { url } }]);
  const data = `data:image/png;base64,${'A'.repeat(1_000_000)}`;
  const address = 'https://example.com/cat.png';
  const bytes = (url: string) => promptBytes(image(url), url.length + 100);
  expect(bytes(data)).toBe(bytes(address));
  expect(bytes(address)).toBe(4_100);
});

it('a malformed image is not taken for a small request', () => {
  for (const image_url of [null, undefined, 'x', { url: 3 }]) {
    expect(promptBytes(asking([{ type: 'image_url', image_url }]), 50)).toBe(4_050);
  }
});
