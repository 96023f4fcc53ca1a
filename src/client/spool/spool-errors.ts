import { DemetraError, EXIT } from '../../errors.ts'

const FULL = new Set(['ENOSPC', 'EDQUOT'])

export function isDiskFull(error: unknown): boolean {
  return FULL.has((error as NodeJS.ErrnoException).code ?? '')
}

/** What was to be written is not safe: it is on no disk of ours. */
export function spoolUnwritable(folder: string, cause: unknown): DemetraError {
  const { code = '', message } = cause as NodeJS.ErrnoException
  const context = { folder, cause: code }
  if (isDiskFull(cause)) {
    return new DemetraError(
      `Nothing more can be kept in the spool ${folder}: its disk is full (${message})`,
      {
        code: 'DEMETRA_SPOOL_FULL',
        exitCode: EXIT.temporary,
        hints: [
          `Make room on that disk, or empty the spool with \`demetra deliver ${folder}\`; then send the event again`,
        ],
        context,
        cause,
      },
    )
  }
  return new DemetraError(`Nothing can be kept in the spool ${folder}: it cannot be written (${message})`, {
    code: 'DEMETRA_SPOOL_UNWRITABLE',
    exitCode: EXIT.failed,
    hints: [`Give the user of this process the right to write in ${folder}; then send the event again`],
    context,
    cause,
  })
}

export function spoolBusy(folder: string): DemetraError {
  return new DemetraError(
    `Nothing can be kept in the spool ${folder}: another process does not give up its lock`,
    {
      code: 'DEMETRA_SPOOL_BUSY',
      exitCode: EXIT.temporary,
      hints: [
        `\`fuser ${folder}/append.lock\` tells which process; let it go on or end it, then send the event again`,
      ],
      context: { folder },
    },
  )
}

export function otherStore(folder: string, spooledFor: string, found: string): DemetraError {
  return new DemetraError(
    `The spool ${folder} holds events for the store ${spooledFor}, but another store answers, ${found}`,
    {
      code: 'DEMETRA_SPOOL_OTHER_STORE',
      exitCode: EXIT.failed,
      hints: [
        `\`demetra deliver ${folder} --url URL\` with the URL of the store that they are for; a spool that is empty may change`,
        `\`demetra deliver ${folder} --change-store\` where the store that answers took the place of the other`,
      ],
      context: { folder, spooledFor, found },
    },
  )
}
