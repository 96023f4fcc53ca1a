import { DemetraError, EXIT } from '../../errors.ts'
import { MAPPING_FLAGS, type MappingOptions } from './mapper.ts'

type Name = keyof MappingOptions

const OF_MAP_FILE: readonly Name[] = ['map', 'empty']
const OF_OWN_JSON: readonly Name[] = ['dateFormat', 'timezone']
const OF_OWN_CSV: readonly Name[] = [...OF_OWN_JSON, 'number', 'empty']

/** Throws DemetraError (usage) where flags were given that would change nothing: whoever gave them meant something. */
export function refuseUnused(mapping: MappingOptions, by: 'map file' | 'own JSON' | 'own CSV'): void {
  const used = { 'map file': OF_MAP_FILE, 'own JSON': OF_OWN_JSON, 'own CSV': OF_OWN_CSV }[by]
  const unused = (Object.keys(MAPPING_FLAGS) as Name[]).filter(
    (name) => mapping[name] !== undefined && !used.includes(name),
  )
  if (unused.length === 0) return
  const flags = unused.map((name) => MAPPING_FLAGS[name]).join(', ')
  const [why, hint] =
    by === 'map file'
      ? ['a map file says all of it', 'Say it in the map file, or leave out --map']
      : ["the source is in Demetra's own form, and its events are taken as they are", 'Leave them out']
  throw new DemetraError(`${flags}: of no use here, ${why}`, {
    code: 'DEMETRA_MAPPING_UNUSED',
    exitCode: EXIT.usage,
    hints: [hint],
  })
}
