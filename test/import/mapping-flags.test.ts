import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineImport } from '../../src/import/mapping/define-import.ts'
import { plainLine } from '../support/events.ts'
import { importContent, temporaryStore } from '../support/import.ts'

const TEMPLATES = { service: 's', type: '{e}', aggregate: '{id}', createdAt: '{t}', timezone: 'UTC' }
const CSV = 'id,e,t\n1,Paid,2016-01-01\n'
const OWN_CSV =
  'id,meta.service,meta.type,meta.created_at,meta.aggregate_id,payload.n\n' +
  '20ec0521-d127-4038-92ed-a4196c33705b,s,t,2016-01-01T00:00:00Z,a,1.0\n'

const definition = defineImport({ record: { id: z.string() }, event: () => null })

describe('a flag that would change nothing is refused, not passed over', () => {
  it.each([
    ['--drop', 'of no use here', plainLine(1), { drop: ['n'] }],
    ['--number, --empty', 'of no use here', plainLine(1), { number: ['n'], empty: 'keep' }],
    ['--drop', 'of no use here', OWN_CSV, { drop: ['payload.n'] }],
    ['--type, --timezone', 'a map file says all of it', CSV, { map: 'm.ts', type: '{e}', timezone: 'UTC' }],
    ['--number', 'no column "payload.m"', OWN_CSV, { number: ['payload.m'] }],
    ['--service', 'it is empty', CSV, { ...TEMPLATES, service: '' }],
  ] as const)('%s: %s', async (flags, why, dump, mapping) => {
    await using temporary = await temporaryStore()
    const { failure } = await importContent(temporary, dump, {
      mapping: mapping as object,
      loadDefinition: () => Promise.resolve(definition),
    })
    expect(failure).toMatchObject({ exitCode: 2 })
    expect((failure as Error).message).toContain(flags)
    expect((failure as Error).message).toContain(why)
  })

  it('while those of use are taken', async () => {
    await using temporary = await temporaryStore()
    const { failure, result } = await importContent(temporary, OWN_CSV, {
      mapping: { number: ['payload.n'], empty: 'keep' },
    })
    expect({ failure, written: result.written }).toEqual({ failure: undefined, written: 1 })
  })
})
