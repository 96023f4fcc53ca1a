import type { DatabaseSync } from 'node:sqlite'

const SQLITE_BUSY = 5

/**
 * A lock between processes, and between parts of one. It is the kernel's own lock on a file, which Node reaches through
 * its SQLite: it ends with its owner, however that ends, and holds across containers that share the folder, where the
 * number of a process says nothing. Nothing is written.
 */
export class FileLock {
  readonly #path: string
  #database: DatabaseSync | null = null

  constructor(path: string) {
    this.#path = path
  }

  /** False: somebody else has it. */
  tryTake(): boolean {
    try {
      this.#database ??= open(this.#path)
      this.#database.exec('BEGIN EXCLUSIVE')
      return true
    } catch (error) {
      if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return false
      this.close()
      throw error
    }
  }

  release(): void {
    this.#database?.exec('ROLLBACK')
  }

  close(): void {
    this.#database?.close()
    this.#database = null
  }
}

/** Loaded when something has to be locked: a producer whose events all arrive never needs it. */
function open(path: string): DatabaseSync {
  const { DatabaseSync: Database } = process.getBuiltinModule('node:sqlite')
  return new Database(path, { timeout: 0 })
}
