import { endRun, stopOnSignals } from './end-run.ts';
import { runLintStages } from './lint-stages.ts';

stopOnSignals();
endRun(await runLintStages());
