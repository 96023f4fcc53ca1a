import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DemetraError, EXIT } from '../../errors.ts'
import { leaseOwner } from '../../process-owner.ts'
import { FileLock } from '../spool/file-lock.ts'
import { isDiskFull, spoolUnwritable } from '../spool/spool-errors.ts'

/** One run delivers a spool at a time. Throws DemetraError (exit 11) where there is one. */
export function lockDelivery(folder: string): Disposable {
  const lock = new FileLock(join(folder, 'deliver.lock'))
  const ownerFile = join(folder, 'deliver.owner')
  if (!isTaken(lock, folder)) {
    lock.close()
    throw new DemetraError(`The spool ${folder} is being delivered by another run${ownerText(ownerFile)}`, {
      code: 'DEMETRA_LOCKED',
      exitCode: EXIT.locked,
      hints: ['Its lock ends with it, however it ends; then the same command goes on'],
      context: { folder },
    })
  }
  tellOwner(ownerFile)
  return { [Symbol.dispose]: () => lock.close() }
}

function isTaken(lock: FileLock, folder: string): boolean {
  try {
    return lock.tryTake()
  } catch (error) {
    throw spoolUnwritable(folder, error)
  }
}

/** For people; what counts is the lock, and a full disk has no room for it. */
function tellOwner(file: string): void {
  try {
    writeFileSync(file, leaseOwner())
  } catch (error) {
    if (!isDiskFull(error)) throw error
  }
}

function ownerText(file: string): string {
  try {
    return ` (${readFileSync(file, 'utf8')})`
  } catch {
    return ''
  }
}
