import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { Reject } from '../../src/import/reject.ts'
import { plainLine } from '../support/events.ts'
import {
  exportText,
  importContent,
  importPath,
  temporaryStore,
  type TemporaryStore,
} from '../support/import.ts'

const MAPPING = { service: 's', type: '{e}', aggregate: '{id}', createdAt: '{t}', timezone: 'UTC' }
const row = (n: number): string => `${n},Paid,2016-01-01 10:00,x\n`

/** Repairs every reject in the file, as someone with an editor does. */
function repair(
  temporary: TemporaryStore,
  by: (reject: Reject) => Reject,
  name = 'dump.rejects.ndjson',
): string {
  const path = join(temporary.folder, name)
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
  writeFileSync(path, lines.map((line) => `${JSON.stringify(by(JSON.parse(line) as Reject))}\n`).join(''))
  return path
}

it('the rest of a source behind a quote that was not closed is all its records once that is repaired', async () => {
  const clean = `id,e,t,x\n${[1, 2, 3, 4].map(row).join('')}`
  await using expected = await temporaryStore()
  await importContent(expected, clean, { mapping: MAPPING })

  await using temporary = await temporaryStore()
  const broken = await importContent(temporary, clean.replace('2,Paid', '2,"Paid'), { mapping: MAPPING })
  expect(broken.result).toMatchObject({ written: 1, rejected: 1 })

  // a first repair leaves another fault in it
  const half = (reject: Reject): Reject => ({
    ...reject,
    raw: (reject.raw as string).replace('"', '').replace('3,Paid', '3,---'),
  })
  const again = await importPath(temporary, repair(temporary, half))
  expect(again.result).toMatchObject({ events: 0, rejected: 1 })
  const name = 'dump.rejects.ndjson.rejects.ndjson'
  expect(readFileSync(join(temporary.folder, name), 'utf8')).toContain('line 2 of the text: type')

  const whole = (reject: Reject): Reject => ({
    ...reject,
    raw: (reject.raw as string).replace('---', 'Paid'),
  })
  const { result } = await importPath(temporary, repair(temporary, whole, name))
  expect(result).toMatchObject({ records: 1, events: 3, written: 3, rejected: 0 })
  expect(await exportText(temporary.store, 'ndjson', true)).toBe(
    await exportText(expected.store, 'ndjson', true),
  )
})

it('any other reject that became several records is none of them', async () => {
  await using temporary = await temporaryStore()
  await importContent(temporary, `id,e,t,x\n${row(1)}bad\n`, { mapping: MAPPING })
  const two = (reject: Reject): Reject => ({ ...reject, raw: row(2) + row(3) })
  const { result } = await importPath(temporary, repair(temporary, two))
  expect(result).toMatchObject({ written: 0, rejected: 1 })
})

it('repairs go to the end of the log where that is said anew', async () => {
  await using temporary = await temporaryStore()
  const future = plainLine(2).replace('2016', '2999')
  await importContent(temporary, `${plainLine(1)}\n${future}\n`)
  const path = join(temporary.folder, 'dump.rejects.ndjson')
  const { result } = await importPath(temporary, path, { position: 'received' })
  expect(result).toMatchObject({ written: 1, rejected: 0 })
})
