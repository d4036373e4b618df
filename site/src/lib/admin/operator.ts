import { createContext } from 'svelte';
import type { OperatorView } from '../../../../contract/api.ts';

/** Who reads the dashboard, for every component of it. */
export const [useOperator, setOperator] = createContext<() => OperatorView>();
