import { expect, it } from 'vitest';
import { Recent } from './recent.ts';

it('computes a text once while it is among the most recent ones', () => {
  const computed: string[] = [];
  const recent = new Recent({ texts: 2, chars: 3 }, (text) => {
    computed.push(text);
    return text.length;
  });
  const asked = ['a', 'b', 'a', 'c', 'a', 'b', 'long', 'long'];
  expect(asked.map((text) => recent.get(text))).toEqual(asked.map((text) => text.length));
  expect(computed).toEqual(['a', 'b', 'c', 'b', 'long', 'long']);
});
