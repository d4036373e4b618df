import { beforeEach, expect, test } from 'vitest';
import { readDraft, writeDraft } from './drafts.ts';
import { readOutbox, writeOutbox } from './kept-outbox.ts';
import { addMessage, markStored } from './outbox.ts';

const SESSION = '01JD0000000000000000000001';
const message = { id: 'client-01', sessionId: SESSION, text: 'Hello' };

beforeEach(() => sessionStorage.clear());

test('an unsent message is there again after a reload, under the same id', () => {
  writeOutbox(sessionStorage, addMessage([], message));
  expect(readOutbox(sessionStorage)).toEqual(addMessage([], message));
});

test('a message the agent has stored is not sent again', () => {
  writeOutbox(sessionStorage, markStored(addMessage([], message), 'client-01'));
  expect(readOutbox(sessionStorage)).toEqual([]);
});

test('what is not an outbox counts as none', () => {
  sessionStorage.setItem('outbox', '[{"id":"x"}]');
  expect(readOutbox(sessionStorage)).toEqual([]);
});

test('drafts are kept by session, and an empty one is forgotten', () => {
  writeDraft(sessionStorage, SESSION, 'half a thought');
  writeDraft(sessionStorage, null, 'another');
  expect(readDraft(sessionStorage, SESSION)).toBe('half a thought');
  expect(readDraft(sessionStorage, null)).toBe('another');
  writeDraft(sessionStorage, SESSION, '');
  expect(readDraft(sessionStorage, SESSION)).toBe('');
  expect(sessionStorage.length).toBe(1);
});
