import { randomUUID } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { found, page, type Call, type Handlers } from '../call.ts';
import { runQueries, type Query } from '../sqlite.ts';
import { idOf, now } from '../state.ts';

function databaseOf({ state, path }: Call) {
  return found(
    state.d1.get(path.database_id ?? ''),
    7404,
    `The database ${path.database_id} could not be found`,
  );
}

const d1Answer = ({ uuid, name }: { uuid: string; name: string }) => ({
  uuid,
  name,
  version: 'production',
  created_at: '2026-11-01T00:00:00.000Z',
  num_tables: 0,
  file_size: 12_288,
});

export const storageHandlers: Handlers = {
  'd1.database.database.list': ({ state, query }) => {
    const name = query.get('name');
    const all = [...state.d1.values()].filter((each) => !name || each.name === name);
    return page(all.map(d1Answer), query);
  },
  'd1.database.database.create': ({ state, body }) => {
    const { name } = body as { name: string };
    const database = { uuid: randomUUID(), name, sqlite: new DatabaseSync(':memory:') };
    state.d1.set(database.uuid, database);
    return d1Answer(database);
  },
  'd1.database.database.get': (call) => d1Answer(databaseOf(call)),
  'd1.database.database.query': (call) => {
    const { sqlite } = databaseOf(call);
    const body = call.body as Query | { batch: Query[] };
    return runQueries(sqlite, 'batch' in body ? body.batch : [body]);
  },
  'kv.namespaces.namespaces.list': ({ state, query }) => page([...state.kv.values()], query),
  'kv.namespaces.namespaces.create': ({ state, body }) => {
    const { title } = body as { title: string };
    const namespace = { id: idOf(title), title };
    state.kv.set(namespace.id, namespace);
    return namespace;
  },
  'kv.namespaces.namespaces.get': ({ state, path }) =>
    found(state.kv.get(path.namespace_id ?? ''), 10013, 'namespace not found'),
  'r2.buckets.buckets.list': ({ state }) => ({ buckets: [...state.r2.values()] }),
  'r2.buckets.buckets.create': ({ state, body }) => {
    const { name } = body as { name: string };
    const bucket = { name, creation_date: now() };
    state.r2.set(name, bucket);
    return bucket;
  },
  'r2.buckets.buckets.get': ({ state, path }) =>
    found(state.r2.get(path.bucket_name ?? ''), 10006, 'The specified bucket does not exist.'),
};
