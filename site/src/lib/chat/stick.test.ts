import { expect, test } from 'vitest';
import { onResize, onScroll, STUCK, type Place, type Stick } from './stick.ts';

const place = (top: number, content = 1_000, viewport = 400): Place => ({ top, content, viewport });
const atEnd: Stick = { following: true, unseen: false, last: place(600) };
const away: Stick = { following: false, unseen: false, last: place(200) };

test('what comes in is followed from the start', () => {
  expect(onResize(STUCK, place(0)).scrollToEnd).toBe(true);
});

test('a reader who scrolls up is let go and not pulled back', () => {
  const gone = onScroll(atEnd, place(500));
  expect(gone.following).toBe(false);
  const grown = onResize(gone, place(500, 1_200));
  expect(grown.scrollToEnd).toBe(false);
  expect(grown.unseen).toBe(true);
});

test('coming back near the end takes hold again and forgets what was unseen', () => {
  const back = onScroll({ ...away, unseen: true }, place(580));
  expect(back).toMatchObject({ following: true, unseen: false });
});

test('scrolling down a little on the way does not take hold', () => {
  expect(onScroll(away, place(400)).following).toBe(false);
});

test('a list that shrinks or a keyboard that opens is not a reader going up', () => {
  expect(onScroll(atEnd, place(300, 720)).following).toBe(true);
  expect(onScroll(atEnd, { top: 550, content: 1_000, viewport: 250 }).following).toBe(true);
});

test('following again scrolls when a smaller viewport hid the end', () => {
  const smaller = { top: 600, content: 1_000, viewport: 250 };
  expect(onResize(atEnd, smaller).scrollToEnd).toBe(true);
});

test('nothing is unseen while nothing came in', () => {
  expect(onResize(away, place(200)).unseen).toBe(false);
});
