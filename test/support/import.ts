import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EventStore } from '../../src/event-store/event-store.ts'
import { openEventStore } from '../../src/event-store/open.ts'
import { exportLog, type ExportFormat } from '../../src/export/export-log.ts'
import { importSource, type ImportOutcome } from '../../src/import/import-source.ts'
import type { ImportOptions } from '../../src/import/source-import.ts'
import { openSource } from '../../src/import/source.ts'

/** A folder with a SQLite event store in it; gone when the block is. `now`: of the store's clock. */
export async function temporaryStore(now = Date.now): Promise<TemporaryStore> {
  const folder = mkdtempSync(join(tmpdir(), 'demetra-test-'))
  const store = await openEventStore(`sqlite:${join(folder, 'store.db')}`, { now })
  return {
    folder,
    store,
    async [Symbol.asyncDispose]() {
      await store.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export interface TemporaryStore extends AsyncDisposable {
  folder: string
  store: EventStore
}

export type ImportTestOptions = Partial<Omit<ImportOptions, 'store'>> & { name?: string }

/** Imports content as a file of its own; what is not said is as the command has it by default. */
export async function importContent(
  { folder, store }: TemporaryStore,
  content: string | Buffer,
  options: ImportTestOptions = {},
): Promise<ImportOutcome> {
  const name = options.name ?? 'dump'
  const path = join(folder, name)
  writeFileSync(path, content)
  return importPath({ folder, store }, path, options)
}

export async function importPath(
  temporary: Pick<TemporaryStore, 'folder' | 'store'>,
  path: string,
  options: ImportTestOptions = {},
): Promise<ImportOutcome> {
  const source = await openSource({ name: path, path }, undefined, options.signal)
  return importSource(source, {
    ...importOptions(temporary, `${path}.rejects.ndjson`),
    ...options,
  })
}

/** As the command has them where no flag is given. */
export function importOptions({ store }: Pick<TemporaryStore, 'store'>, rejectsPath: string): ImportOptions {
  return {
    store,
    check: () => {},
    mapping: {},
    loadDefinition: () => Promise.reject(new Error('no map file in this test')),
    position: 'created',
    strict: false,
    staleReports: false,
    restart: false,
    maxRejects: undefined,
    rejectsPath,
    signal: new AbortController().signal,
    onProgress: () => {},
    receivedAt: Date.UTC(2026, 0, 1),
    now: Date.now,
  }
}

/** The whole log as text. */
export async function exportText(
  store: EventStore,
  format: ExportFormat = 'ndjson',
  full = false,
): Promise<string> {
  let text = ''
  for await (const chunk of exportLog(store.read(), { format, full, upcast: null })) text += chunk.text
  return text
}
