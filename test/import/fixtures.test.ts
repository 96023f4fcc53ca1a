import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createSplitter } from '../../src/import/formats/create-splitter.ts'
import { sniffFormat } from '../../src/import/sniff.ts'
import { splitAll } from './splitting.ts'

/**
 * Each file of fixtures/import beside what it is read as, NAME.records.txt: the format, then a line for each
 * record. `UPDATE_FIXTURES=1` writes what is missing or has changed; look at the difference before you commit.
 */
const FOLDER = join(import.meta.dirname, '../../fixtures/import')
const RESULT = '.records.txt'
const inputs = readdirSync(FOLDER).filter((name) => !name.endsWith(RESULT))

async function readAs(bytes: Buffer, places: boolean): Promise<string> {
  const sniffed = await sniffFormat(bytes, { name: 'fixture' })
  const splitter = createSplitter(sniffed.format, sniffed)
  const records = splitAll(splitter, bytes)
  const lines = records.map((record) => {
    const place = places ? `${record.number} line ${record.line} byte ${record.byteOffset}: ` : ''
    if (record.error !== undefined)
      return `${place}${record.error.code}: ${places ? record.error.message : ''}`
    return place + JSON.stringify(record.fields ?? record.bytes?.toString())
  })
  const header = splitter.columns === undefined ? [] : [`columns ${JSON.stringify(splitter.columns)}`]
  return [JSON.stringify(sniffed), ...header, ...lines, ''].join('\n')
}

describe('fixtures', () => {
  test.each(inputs)('%s is read as the file beside it says', async (name) => {
    const path = join(FOLDER, name)
    const result = await readAs(readFileSync(path), true)
    if (process.env['UPDATE_FIXTURES'] !== undefined) writeFileSync(path + RESULT, result)
    expect(existsSync(path + RESULT), `run with UPDATE_FIXTURES=1; it would be:\n${result}`).toBe(true)
    expect(result).toBe(readFileSync(path + RESULT, 'utf8'))
  })

  test.each(inputs)('%s with CRLF line ends holds the same records', async (name) => {
    const bytes = readFileSync(join(FOLDER, name))
    const windows = Buffer.from(bytes.toString('latin1').replaceAll('\n', '\r\n'), 'latin1')
    const result = (await readAs(windows, false)).replaceAll('\\r\\n', '\\n')
    expect(result).toBe(await readAs(bytes, false))
  })

  test('no result is left over', () => {
    const left = readdirSync(FOLDER).filter(
      (name) => name.endsWith(RESULT) && !inputs.includes(name.slice(0, -RESULT.length)),
    )
    expect(left).toEqual([])
  })
})
