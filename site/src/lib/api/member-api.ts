import { meView, type MeView } from '../../../../contract/api.ts';
import { sessionView, type SessionView } from '../../../../contract/frames.ts';
import { ApiError, askFor, tell, type Fetch } from './http.ts';

/** Who the browser is signed in as on this host; null when as nobody. */
export async function readMe(fetch: Fetch): Promise<MeView | null> {
  try {
    return await askFor(fetch, meView, '/api/me');
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return null;
    throw error;
  }
}

export function signIn(fetch: Fetch, invite: string, name: string): Promise<MeView> {
  const trimmed = name.trim();
  const body = trimmed === '' ? { invite } : { invite, name: trimmed };
  return askFor(fetch, meView, '/api/sign-in', { method: 'POST', body });
}

/** The member's sessions and sign-in, over HTTP. */
export interface MemberApi {
  me(): Promise<MeView | null>;
  /** Without a title: it gets one from what is said in it. */
  createSession(): Promise<SessionView>;
  renameSession(id: string, title: string): Promise<SessionView>;
  deleteSession(id: string): Promise<void>;
  signOut(): Promise<void>;
}

export function memberApi(fetch: Fetch): MemberApi {
  return {
    me: () => readMe(fetch),
    createSession: () => askFor(fetch, sessionView, '/api/sessions', { method: 'POST', body: {} }),
    renameSession: (id, title) =>
      askFor(fetch, sessionView, `/api/sessions/${id}`, { method: 'PATCH', body: { title } }),
    deleteSession: (id) =>
      tell(fetch, `/api/sessions/${id}`, { method: 'DELETE', keepalive: true }),
    signOut: () => tell(fetch, '/api/sign-out', { method: 'POST' }),
  };
}
