import { DemetraError, EXIT } from '../../errors.ts'

export function serviceUnknown(folder: string, isUrl: boolean): DemetraError {
  const what = isUrl ? 'URL of the service' : 'token'
  return new DemetraError(`Where to, and by what token? There is no ${what}`, {
    code: 'DEMETRA_SERVER_UNKNOWN',
    exitCode: EXIT.usage,
    hints: [
      `\`DEMETRA_TOKEN=TOKEN demetra deliver ${folder} --url https://HOST\``,
      '`demetra token create --service NAME`, where the service runs, makes a token',
    ],
    context: { folder },
  })
}

export function notAllowed(folder: string, reason: string): DemetraError {
  return new DemetraError(`The service does not take the token: ${reason}`, {
    code: 'DEMETRA_TOKEN_REFUSED',
    exitCode: EXIT.failed,
    hints: [
      '`demetra token create --service NAME`, where the service runs, makes another one',
      `\`DEMETRA_TOKEN=TOKEN demetra deliver ${folder}\` goes on with it; nothing is lost meanwhile`,
    ],
    context: { folder },
  })
}

export function serverAway(folder: string, left: number, reason: string): DemetraError {
  return new DemetraError(`The service does not take events now, ${left} are left: ${reason}`, {
    code: 'DEMETRA_SERVER_AWAY',
    exitCode: EXIT.temporary,
    hints: [`\`demetra deliver ${folder}\` goes on when it is there again; \`--follow\` waits for it`],
    context: { folder, left },
  })
}
