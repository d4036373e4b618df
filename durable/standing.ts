import type { TenantRecord } from '../contract/agent.ts';
import { AppError } from '../contract/errors.ts';
import type { EventData } from '../contract/frames.ts';

type Status = TenantRecord['status'];

/** Why an agent serves nobody; null while its tenant is active. */
export function standingRefusal(status: Status): AppError | null {
  switch (status) {
    case 'active':
      return null;
    case 'suspended':
      return new AppError('tenant_suspended', 'This agent is suspended. Ask your operator.');
    case 'deleting':
      return new AppError('tenant_deleted', 'This agent has been deleted.');
  }
}

/** The last event of a turn that the tenant's standing ends; null while it is active. */
export function standingEnd(status: Status, text: string): (EventData & { type: 'error' }) | null {
  switch (status) {
    case 'active':
      return null;
    case 'suspended':
      return {
        type: 'error',
        code: 'tenant_suspended',
        message: 'The agent was suspended. Send the message again when it is back.',
        retryable: true,
        text,
      };
    case 'deleting':
      return {
        type: 'error',
        code: 'tenant_deleted',
        message: 'The agent was deleted.',
        retryable: false,
        text,
      };
  }
}
