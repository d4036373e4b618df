import type { AgentDb } from './storage.ts';

/** What is remembered of one agent's SQLite, so that the model path need not read it again. */
export interface StorageMemory<Key, Value> {
  of(db: AgentDb): Map<Key, Value>;
  forget(db: AgentDb): void;
}

/**
 * A memory by the storage, which all handles on one agent's SQLite share. Whoever changes what is
 * remembered by other hands forgets it; eviction drops all of it.
 */
export function storageMemory<Key, Value>(): StorageMemory<Key, Value> {
  const memories = new WeakMap<DurableObjectStorage, Map<Key, Value>>();
  return {
    of(db) {
      const known = memories.get(db.$client);
      if (known) return known;
      const made = new Map<Key, Value>();
      memories.set(db.$client, made);
      return made;
    },
    forget: (db) => void memories.delete(db.$client),
  };
}
