import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** One message of a session's transcript. */
export interface Row {
  role: 'user' | 'assistant';
  text: string;
  idempotencyKey?: string;
  runId?: string;
  stopReason?: 'stop' | 'length' | 'aborted' | 'error';
  errorMessage?: string;
}

/** A session as `sessions.patch` made or changed it. */
export interface Session {
  key: string;
  sessionId: string;
  model: string | null;
}

/** A run that has not ended; one that is found at boot died with the process before. */
export interface OpenRun {
  runId: string;
  key: string;
}

const SESSIONS = `CREATE TABLE IF NOT EXISTS sessions (key TEXT PRIMARY KEY, session_id TEXT NOT NULL, model TEXT)`;
const MESSAGES = `CREATE TABLE IF NOT EXISTS messages (
  id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, role TEXT NOT NULL, text TEXT NOT NULL,
  idempotency_key TEXT, run_id TEXT, stop_reason TEXT, error_message TEXT, at INTEGER NOT NULL)`;
const OPEN_RUNS = `CREATE TABLE IF NOT EXISTS open_runs (key TEXT PRIMARY KEY, run_id TEXT NOT NULL)`;

/** Where the transcript lies under OpenClaw's state folder, as in the real one. */
export const TRANSCRIPT_FILE = 'agents/main/agent/openclaw-agent.sqlite';

/**
 * What the double keeps, in the two database files of the real one, both with a write-ahead log. What
 * a method has written outlives a kill of the process.
 */
export class Transcript {
  readonly #sessions: DatabaseSync;
  readonly #agent: DatabaseSync;

  constructor(stateDir: string) {
    this.#sessions = open(join(stateDir, 'state/openclaw.sqlite'));
    this.#agent = open(join(stateDir, TRANSCRIPT_FILE));
    this.#sessions.exec(SESSIONS);
    this.#agent.exec(`${MESSAGES}; ${OPEN_RUNS}`);
  }

  close(): void {
    this.#sessions.close();
    this.#agent.close();
  }

  session(key: string): Session | null {
    const row = this.#sessions.prepare('SELECT * FROM sessions WHERE key = ?').get(key);
    if (!row) return null;
    return { key, sessionId: String(row.session_id), model: row.model as string | null };
  }

  /** Makes the session when there is none; a model of null leaves it as it is. */
  patchSession(key: string, model: string | null): Session {
    this.#sessions
      .prepare(
        `INSERT INTO sessions (key, session_id, model) VALUES (?, ?, ?)
         ON CONFLICT (key) DO UPDATE SET model = coalesce(excluded.model, model)`,
      )
      .run(key, crypto.randomUUID(), model);
    return this.session(key) as Session;
  }

  deleteSession(key: string): void {
    this.#agent.prepare('DELETE FROM messages WHERE key = ?').run(key);
    this.#agent.prepare('DELETE FROM open_runs WHERE key = ?').run(key);
    this.#sessions.prepare('DELETE FROM sessions WHERE key = ?').run(key);
  }

  /** Notes that a run has begun with a message, in one commit. */
  begin(run: OpenRun, row: Row): void {
    this.#commit(() => {
      this.#agent
        .prepare('INSERT OR REPLACE INTO open_runs (key, run_id) VALUES (?, ?)')
        .run(run.key, run.runId);
      this.append(run.key, row);
    });
  }

  /** Notes how a run ended, in one commit. */
  end(run: OpenRun, row: Row): void {
    this.#commit(() => {
      this.append(run.key, row);
      this.#agent
        .prepare('DELETE FROM open_runs WHERE key = ? AND run_id = ?')
        .run(run.key, run.runId);
    });
  }

  append(key: string, row: Row): void {
    this.#agent
      .prepare(
        `INSERT INTO messages (key, role, text, idempotency_key, run_id, stop_reason, error_message, at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        key,
        row.role,
        row.text,
        row.idempotencyKey ?? null,
        row.runId ?? null,
        row.stopReason ?? null,
        row.errorMessage ?? null,
        Date.now(),
      );
  }

  openRuns(): OpenRun[] {
    const rows = this.#agent.prepare('SELECT key, run_id FROM open_runs').all();
    return rows.map((row) => ({ key: String(row.key), runId: String(row.run_id) }));
  }

  /** The newest messages of a session, oldest first, in the shape of `chat.history`. */
  history(key: string, limit: number): object[] {
    const rows = this.#agent
      .prepare('SELECT * FROM messages WHERE key = ? ORDER BY id DESC LIMIT ?')
      .all(key, limit);
    return rows.toReversed().map((row) => ({
      role: row.role,
      content: [{ type: 'text', text: row.text }],
      timestamp: row.at,
      ...(row.idempotency_key === null ? {} : { idempotencyKey: row.idempotency_key }),
      ...(row.stop_reason === null ? {} : { stopReason: row.stop_reason }),
      ...(row.error_message === null ? {} : { errorMessage: row.error_message }),
      ...(row.stop_reason === 'aborted' ? { openclawAbort: { at: row.at } } : {}),
      __openclaw: { id: `m${row.id}`, ...(row.run_id === null ? {} : { runId: row.run_id }) },
    }));
  }

  /** Every message of a session as its model reads them. */
  spoken(key: string): { role: 'user' | 'assistant'; text: string }[] {
    const rows = this.#agent
      .prepare('SELECT role, text FROM messages WHERE key = ? ORDER BY id')
      .all(key);
    return rows.map((row) => ({ role: row.role as 'user' | 'assistant', text: String(row.text) }));
  }

  #commit(work: () => void): void {
    this.#agent.exec('BEGIN IMMEDIATE');
    try {
      work();
      this.#agent.exec('COMMIT');
    } catch (error) {
      this.#agent.exec('ROLLBACK');
      throw error;
    }
  }
}

function open(file: string): DatabaseSync {
  mkdirSync(dirname(file), { recursive: true });
  const database = new DatabaseSync(file);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
  return database;
}
