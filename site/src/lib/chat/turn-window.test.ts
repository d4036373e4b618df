import { expect, test } from 'vitest';
import {
  AT_END,
  earlier,
  held,
  later,
  MAX_MOUNTED_TURNS,
  partOf,
  TURNS_PER_STEP,
} from './turn-window.ts';

const turns = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, n) => ({ id: `t${from + n}` }));
const shown = (window: typeof AT_END, list: { id: string }[]): [string?, string?, number?] => {
  const { start, end } = partOf(window, list);
  return [list[start]?.id, list[end - 1]?.id, end - start];
};

test('a conversation begins with its newest turns', () => {
  expect(shown(AT_END, turns(1, 500))).toEqual(['t401', 't500', MAX_MOUNTED_TURNS]);
  expect(shown(AT_END, turns(1, 3))).toEqual(['t1', 't3', 3]);
  expect(partOf(AT_END, [])).toEqual({ start: 0, end: 0 });
});

test('going up brings earlier turns, and never more of them than may be on the page', () => {
  let window = AT_END;
  const list = turns(1, 500);
  window = earlier(window, list);
  expect(shown(window, list)).toEqual([`t${401 - TURNS_PER_STEP}`, 't470', MAX_MOUNTED_TURNS]);
  for (let n = 0; n < 50; n += 1) window = earlier(window, list);
  expect(shown(window, list)).toEqual(['t1', 't100', MAX_MOUNTED_TURNS]);
});

test('going down again comes to the end, and follows it from there', () => {
  const list = turns(1, 500);
  let window = earlier(earlier(AT_END, list), list);
  for (let n = 0; n < 50; n += 1) window = later(window, list);
  expect(shown(window, list)).toEqual(['t401', 't500', MAX_MOUNTED_TURNS]);
  expect(window.last).toBeNull();
});

test('turns that come in before or after move nothing that is looked at', () => {
  const list = turns(201, 500);
  const window = earlier(AT_END, list);
  expect(shown(window, turns(1, 510))).toEqual(shown(window, list));
  const atEnd = held(AT_END, list);
  expect(shown(atEnd, turns(201, 501))).toEqual(['t401', 't501', MAX_MOUNTED_TURNS + 1]);
});

test('a window whose turns are gone stands at the end', () => {
  expect(shown({ first: 't1', last: 't2' }, turns(50, 60))).toEqual(['t50', 't60', 11]);
});
