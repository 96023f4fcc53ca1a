import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { DemetraError, EXIT } from '../errors.ts'

/** 16 MiB: of 5 million keys fewer than one in 500 is looked up in vain, of 50 million every second. */
const BLOOM_WORDS = 2 ** 22
/** The bits of a hash lie in one block of 16 words, which is one line of the processor's cache. */
const BLOCK_WORDS = 16
const BLOOM_PROBES = 4
/** Rows of one INSERT: half the time of one row each. */
const INSERT_ROWS = 64

/**
 * Counts by 64-bit hash in a temporary SQLite database: a file without a name, that the system takes back
 * when the process ends however it ends (in $TMPDIR, else /var/tmp). A bloom filter in front of it spares
 * look-ups of what is not there. A hash is two words; `count` leaves it as it is.
 */
export class OccurrenceFile {
  readonly #db: DatabaseSync
  readonly #putOne: StatementSync
  readonly #putMany: StatementSync
  readonly #get: StatementSync
  readonly #bloom = new Uint32Array(BLOOM_WORDS)
  readonly #key = new BigInt64Array(1)
  readonly #keyWords = new Int32Array(this.#key.buffer)

  constructor() {
    // An empty name: SQLite's private temporary file. Lost power loses nothing that is wanted again.
    this.#db = new DatabaseSync('')
    this.#db.exec(
      'PRAGMA page_size = 16384; PRAGMA cache_size = -4096; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;' +
        'CREATE TABLE occurrences (hash INTEGER PRIMARY KEY, count INTEGER NOT NULL) STRICT',
    )
    const insert = 'INSERT OR REPLACE INTO occurrences VALUES (?, ?)'
    this.#putOne = this.#db.prepare(insert)
    this.#putMany = this.#db.prepare(insert + ', (?, ?)'.repeat(INSERT_ROWS - 1))
    this.#get = this.#db.prepare('SELECT count FROM occurrences WHERE hash = ?')
  }

  /** 0 where the hash is not in the file. */
  count(hash: Int32Array): number {
    if (!this.#mayHave(hash[0] as number, hash[1] as number)) return 0
    this.#keyWords.set(hash)
    const row = this.#get.get(this.#key[0] as bigint)
    return row === undefined ? 0 : (row.count as number)
  }

  /** Writes the counts of `hashes`; ascending, which is several times faster. Throws DemetraError: disk full. */
  put(hashes: BigInt64Array, countOf: (index: number) => number): void {
    const words = new Int32Array(hashes.buffer)
    const row: (bigint | number)[] = []
    try {
      this.#db.exec('BEGIN')
      for (let i = 0; i < hashes.length; i++) {
        row.push(hashes[i] as bigint, countOf(i))
        this.#add(words[2 * i] as number, words[2 * i + 1] as number)
        if (row.length === 2 * INSERT_ROWS) this.#putMany.run(...row.splice(0))
      }
      for (let i = 0; i < row.length; i += 2) this.#putOne.run(row[i] as bigint, row[i + 1] as number)
      this.#db.exec('COMMIT')
    } catch (cause) {
      throw new DemetraError('The temporary file that counts records which are equal cannot be written', {
        code: 'DEMETRA_TEMPORARY_FILE',
        exitCode: EXIT.temporary,
        hints: [
          'Make room in the folder for temporary files, or name another one: `export TMPDIR=/path/with/room`',
        ],
        cause,
      })
    }
  }

  close(): void {
    this.#db.close()
  }

  #add(low: number, high: number): void {
    const block = (low & (BLOOM_WORDS / BLOCK_WORDS - 1)) * BLOCK_WORDS
    for (let probe = 0; probe < BLOOM_PROBES; probe++) {
      const bit = high >>> (probe * 7)
      const word = block + ((bit >>> 5) & (BLOCK_WORDS - 1))
      this.#bloom[word] = (this.#bloom[word] as number) | (1 << (bit & 31))
    }
  }

  #mayHave(low: number, high: number): boolean {
    const block = (low & (BLOOM_WORDS / BLOCK_WORDS - 1)) * BLOCK_WORDS
    for (let probe = 0; probe < BLOOM_PROBES; probe++) {
      const bit = high >>> (probe * 7)
      const word = this.#bloom[block + ((bit >>> 5) & (BLOCK_WORDS - 1))] as number
      if ((word & (1 << (bit & 31))) === 0) return false
    }
    return true
  }
}
