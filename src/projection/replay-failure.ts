import { DemetraError, EXIT } from '../errors.ts'
import type { Generation, ReportLeaseRefusal } from '../report-store/report-store.ts'

export function replayRunning({ name }: Generation, { owner }: ReportLeaseRefusal): DemetraError {
  return new DemetraError(`Another replay of ${name} is running (${owner})`, {
    code: 'DEMETRA_REPLAY_RUNNING',
    exitCode: EXIT.locked,
    hints: ['It switches when it has caught up; `demetra status` shows who holds which report'],
  })
}

/** The generation is in other hands, or a later one is in use. */
export function replayLost(name: string): DemetraError {
  return new DemetraError(`This replay of ${name} lost its generation: another replay took over meanwhile`, {
    code: 'DEMETRA_REPLAY_LOST',
    exitCode: EXIT.locked,
    hints: [`The report is as the other one leaves it: \`demetra report ${name}\``],
  })
}

export function replayInterrupted(...names: readonly string[]): DemetraError {
  const [replays, reports] =
    names.length === 1 ? ['replay', 'report is as it was'] : ['replays', 'reports are as they were']
  const whose = names.join(', ')
  const verb = names.length === 1 ? 'was' : 'were'
  return new DemetraError(`The ${replays} of ${whose} ${verb} interrupted; the ${reports} before`, {
    code: 'DEMETRA_INTERRUPTED',
    exitCode: EXIT.interrupted,
    hints: [
      `\`demetra replay ${names.join(' ')}\` begins anew, since the projection may have changed meanwhile`,
    ],
  })
}
