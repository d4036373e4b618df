import type { RouteSpec } from '../route.ts';
import { agentRoutes } from './agents.ts';
import { auditRoutes } from './audit.ts';
import { callRoutes } from './calls.ts';
import { debugRoutes } from './debug.ts';
import { deviceRoutes } from './devices.ts';
import { healthRoutes } from './health.ts';
import { hostnameRoutes } from './hostnames.ts';
import { inviteRoutes } from './invites.ts';
import { keyRoutes } from './keys.ts';
import { memberRoutes } from './members.ts';
import { noticeRoutes } from './notices.ts';
import { openclawRoutes } from './openclaw.ts';
import { operatorRoutes } from './operators.ts';
import { overviewRoutes } from './overview.ts';
import { pingRoutes } from './ping.ts';
import { routingRoutes } from './routing.ts';
import { scheduleRoutes } from './schedules.ts';
import { secretRoutes } from './secrets.ts';
import { sessionRoutes } from './sessions.ts';
import { signInRoutes } from './sign-ins.ts';
import { snapshotRoutes } from './snapshots.ts';
import { socketRoutes } from './socket.ts';
import { statusRoutes } from './status.ts';
import { tenantRoutes } from './tenants.ts';
import { usageRoutes } from './usage.ts';
import { v1Routes } from './v1.ts';

/** Every route of the API. Everything else is a page. */
export const ROUTES: readonly RouteSpec[] = [
  ...pingRoutes,
  ...statusRoutes,
  ...operatorRoutes,
  ...auditRoutes,
  ...healthRoutes,
  ...overviewRoutes,
  ...debugRoutes,
  ...secretRoutes,
  ...tenantRoutes,
  ...hostnameRoutes,
  ...usageRoutes,
  ...noticeRoutes,
  ...agentRoutes,
  ...callRoutes,
  ...snapshotRoutes,
  ...routingRoutes,
  ...memberRoutes,
  ...inviteRoutes,
  ...signInRoutes,
  ...sessionRoutes,
  ...scheduleRoutes,
  ...socketRoutes,
  ...openclawRoutes,
  ...deviceRoutes,
  ...keyRoutes,
  ...v1Routes,
];
