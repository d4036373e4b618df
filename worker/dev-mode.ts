import { AppError } from '../contract/errors.ts';
import { isLoopback } from './host-name.ts';
import { crossOrigin, isChange, isNotForeign } from './same-origin.ts';

/**
 * What DEV_MODE refuses (design: DEV_MODE): requests from anywhere but this machine, since with it
 * on the caller is an operator without proving it, and changes that a foreign page asks for.
 */
export function devModeRefusal(request: Request, hostname: string): AppError | null {
  if (!isLoopback(hostname) || request.headers.has('cf-ray')) {
    return new AppError('dev_mode_exposed', 'DEV_MODE is on, so only this machine is served.', {
      hint: 'Set DEV_MODE to false and deploy again.',
    });
  }
  return isChange(request) && !isNotForeign(request) ? crossOrigin() : null;
}
