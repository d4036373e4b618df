import type { AgentDb } from './storage.ts';

/**
 * A statement that is built once for each handle on an agent's SQLite: the model path runs several
 * per call, and building one costs more than running it.
 */
export function prepared<Statement extends object>(
  build: (db: AgentDb) => Statement,
): (db: AgentDb) => Statement {
  const built = new WeakMap<AgentDb, Statement>();
  return (db) => {
    const known = built.get(db);
    if (known) return known;
    const made = build(db);
    built.set(db, made);
    return made;
  };
}
