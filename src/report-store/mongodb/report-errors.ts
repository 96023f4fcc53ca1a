import { storeError } from '../../event-store/mongodb/errors.ts'
import { DemetraError, EXIT } from '../../errors.ts'

const RIGHTS_HINT =
  'The roles readWrite and dbAdmin on the database are enough; a switch of views needs dbAdmin'

/** An error of the driver, or of the event store's connection, as one of the report store's. `url`: secrets left out. */
export function explained(thrown: unknown, url: string): unknown {
  const error = storeError(thrown, url)
  if (!(error instanceof DemetraError) || !error.code.startsWith('DEMETRA_STORE_')) return error
  const code = reportCode(error.code)
  const hints = code.endsWith('_RIGHTS') ? [RIGHTS_HINT] : error.hints.map(ofReports)
  return new DemetraError(ofReports(error.message), {
    code,
    exitCode: error.exitCode,
    hints,
    context: error.context,
    cause: error.cause,
  })
}

/** Reports on a cluster of shards were never tried: better none than half of them. */
export function shardsRefused(url: string): DemetraError {
  return new DemetraError(
    `The report store ${url} is a cluster of shards, which reports cannot be kept in yet`,
    {
      code: 'DEMETRA_REPORT_STORE_TOPOLOGY',
      exitCode: EXIT.usage,
      hints: [
        'Name a replica set, or a database in PostgreSQL or SQLite: `--reports mongodb://HOST/DATABASE`',
      ],
      context: { store: url },
    },
  )
}

export function busy(what: string, url: string): DemetraError {
  return new DemetraError(`The report store ${url} is busy: ${what}`, {
    code: 'DEMETRA_REPORT_STORE_BUSY',
    exitCode: EXIT.temporary,
    hints: ['Run the same command again: it goes on where it stopped'],
    context: { store: url },
  })
}

export function newerFormat(found: number, known: number): DemetraError {
  return new DemetraError(`The report store is of format ${found}; this Demetra knows ${known}`, {
    code: 'DEMETRA_REPORT_STORE_NEWER',
    exitCode: EXIT.failed,
    hints: ['Use the Demetra that made it, or a newer one'],
    context: { format: found },
  })
}

/** As others say it of a table. */
export const noCollection = (name: string): string => `no such collection: ${name}`

/** MongoDB takes some names for paths, operators or its own field. */
export function checkColumnNames(columns: readonly { name: string }[]): void {
  const bad = columns.find(({ name }) => name === '_id' || name.startsWith('$') || name.includes('.'))
  if (bad === undefined) return
  throw new DemetraError(`A column '${bad.name}' cannot be kept in MongoDB`, {
    code: 'DEMETRA_REPORT_COLUMN',
    exitCode: EXIT.usage,
    hints: ["Call it otherwise: not '_id', without a point, and with another first character than $"],
    context: { column: bad.name },
  })
}

function reportCode(code: string): `DEMETRA_${string}` {
  const end = code.slice('DEMETRA_STORE_'.length)
  return `DEMETRA_REPORT_STORE_${end === 'DISK_FULL' ? 'FULL' : end}`
}

function ofReports(text: string): string {
  return text.replaceAll('event store', 'report store').replaceAll('--store ', '--reports ')
}
