import { expect, test } from 'vitest';
import { splitSql } from './sqlite.ts';

test.each([
  ['SELECT 1', ['SELECT 1']],
  ['SELECT 1;SELECT 2;', ['SELECT 1;', 'SELECT 2;']],
  ["INSERT INTO a VALUES ('x;''y'); -- not; this\nSELECT \"b;c\"", 2],
  ['/* nothing; */ ;; -- nothing', []],
  [
    'CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE a SET b = CASE WHEN 1 THEN 2 END; END; SELECT 1',
    2,
  ],
  ['BEGIN_AT; SELECT begin_at FROM a', 2],
])('%s has these statements', (text, expected) => {
  const statements = splitSql(text);
  if (typeof expected === 'number') expect(statements).toHaveLength(expected);
  else expect(statements).toEqual(expected);
});
