import { expect, it } from 'vitest';
import { repeatRpc } from './repeat-rpc.ts';

/** Fails as often as told, then answers which try it was. */
function failing(times: number, marks: object) {
  let tries = 0;
  const firsts: boolean[] = [];
  return {
    firsts,
    ask: async (isFirst: boolean): Promise<number> => {
      firsts.push(isFirst);
      tries += 1;
      if (tries <= times) throw Object.assign(new Error('gone'), marks);
      return tries;
    },
  };
}

it('an agent that was reset is asked again, by a new stub', async () => {
  const reset = failing(2, { durableObjectReset: true });
  expect(await repeatRpc(reset.ask)).toBe(3);
  expect(reset.firsts).toEqual([true, false, false]);
});

it('an agent that stays away is given up after three tries', async () => {
  const away = failing(9, { retryable: true });
  await expect(repeatRpc(away.ask)).rejects.toThrow('gone');
  expect(away.firsts).toHaveLength(3);
});

it('a refusal and an overloaded agent are not asked again', async () => {
  for (const marks of [{}, { code: 'limit_reached' }, { retryable: true, overloaded: true }]) {
    const refused = failing(1, marks);
    await expect(repeatRpc(refused.ask)).rejects.toThrow('gone');
    expect(refused.firsts).toHaveLength(1);
  }
});
