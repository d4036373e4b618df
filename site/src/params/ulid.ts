import type { ParamMatcher } from '@sveltejs/kit';
import { ulidSchema } from '../../../contract/ids.ts';

export const match: ParamMatcher = (param) => ulidSchema.safeParse(param).success;
