import { assembleEvent, EventError } from '../../event/assemble.ts'
import type { ReadPayload } from '../../event/payload.ts'
import { DemetraError, EXIT } from '../../errors.ts'
import { DerivedIds } from './derived-id.ts'
import type { MappingOptions, RecordMapper } from './mapper.ts'
import { MAPPING_FLAGS } from './mapper.ts'
import type { RecordShape } from './record-shape.ts'
import { slug } from './slug.ts'
import { fillTemplate, parseTemplate, soleColumn, type Template } from './template.ts'
import { timeReader } from './time-reader.ts'

type TextReader<R> = (record: R) => string | null

/**
 * Maps records by the templates of the command line. Throws DemetraError (usage) where a flag is missing or
 * names a column that the source has not.
 */
export function templateMapper<R>(
  shape: RecordShape<R>,
  options: MappingOptions,
  receivedAt: number,
): RecordMapper {
  const missing = (['service', 'type', 'aggregate', 'createdAt'] as const).filter(
    (name) => options[name] === undefined,
  )
  if (missing.length > 0) throw missingFlags(missing.map((name) => MAPPING_FLAGS[name]))

  const taken: string[] = []
  const template = (
    name: 'service' | 'type' | 'aggregate' | 'createdAt' | 'correlation' | 'id',
    takes: boolean,
  ) => {
    const flag = MAPPING_FLAGS[name]
    const parsed = parseTemplate(options[name] as string, flag)
    const column = soleColumn(parsed)
    // what a template takes unchanged leaves the payload; slugged and parsed values stay
    if (takes && column !== null) taken.push(column)
    return textReader(shape, parsed, flag)
  }
  const requiredTemplate = (name: 'service' | 'type' | 'aggregate' | 'createdAt' | 'id', takes: boolean) =>
    required(template(name, takes), `${MAPPING_FLAGS[name]} '${options[name]}'`)
  const service = requiredTemplate('service', true)
  const type = requiredTemplate('type', false)
  const aggregate = requiredTemplate('aggregate', true)
  const createdAt = requiredTemplate('createdAt', false)
  const correlation = options.correlation === undefined ? null : template('correlation', true)
  const id = options.id === undefined ? null : requiredTemplate('id', true)
  const readTime = timeReader(options)
  const payload = payloadReader(shape, options, taken)
  const derived = id === null ? new DerivedIds() : null

  return {
    derivesIds: derived !== null,
    get identical() {
      return derived?.identical ?? 0
    },
    map(record) {
      const read = shape.read(record)
      const parts = {
        service: service(read),
        type: typeOf(type(read)),
        aggregateId: aggregate(read),
        createdAt: readTime(createdAt(read)),
      }
      const ownPayload = payload(read)
      const eventId = id === null ? derived?.derive([parts], shape.canonical(read))[0] : id(read)
      return [
        assembleEvent({
          ...parts,
          id: eventId,
          receivedAt,
          correlationId: correlation?.(read) ?? null,
          extra: [],
          ...ownPayload,
          position: null,
        }),
      ]
    },
    close() {
      derived?.close()
    },
  }
}

/** The template's text; null where all its columns are empty. Throws EventError where only some are. */
function textReader<R>(shape: RecordShape<R>, template: Template, flag: string): TextReader<R> {
  const readers = new Map<string, (record: R) => string | undefined>()
  for (const part of template.parts) {
    if ('column' in part) readers.set(part.column, shape.text(part.column, flag))
  }
  const column = soleColumn(template)
  if (column !== null) {
    const read = readers.get(column) as (record: R) => string | undefined
    return (record) => read(record) || null
  }
  return (record) => {
    const filled = fillTemplate(template, (name) => readers.get(name)?.(record))
    if ('text' in filled) return filled.text
    if (filled.allEmpty) return null
    throw new EventError('missing-value', `${flag} '${template.source}': ${filled.emptyColumn} is empty`)
  }
}

function required<R>(read: TextReader<R>, what: string): (record: R) => string {
  return (record) => {
    const text = read(record)
    if (text === null) throw new EventError('missing-value', `${what}: the record has no value for it`)
    return text
  }
}

function typeOf(text: string): string {
  const type = slug(text)
  if (type === '')
    throw new EventError('missing-value', `type: ${JSON.stringify(text)} holds no letter or digit`)
  return type
}

function payloadReader<R>(
  shape: RecordShape<R>,
  options: MappingOptions,
  taken: string[],
): (record: R) => ReadPayload {
  if (options.payload !== undefined) {
    const flag = MAPPING_FLAGS.payload
    const column = soleColumn(parseTemplate(options.payload, flag))
    if (column !== null) return shape.payload(column, flag)
    throw new DemetraError(`${flag} '${options.payload}': expected one column in braces`, {
      code: 'DEMETRA_TEMPLATE',
      exitCode: EXIT.usage,
      hints: [`As in ${flag} '{data}', for a column that holds the payload as JSON.`],
    })
  }
  return shape.rest({
    without: [...taken, ...(options.drop ?? [])],
    numbers: options.number ?? [],
    empty: options.empty,
  })
}

function missingFlags(flags: readonly string[]): DemetraError {
  return new DemetraError(`The mapping lacks ${flags.join(', ')}`, {
    code: 'DEMETRA_MAPPING_INCOMPLETE',
    exitCode: EXIT.usage,
    hints: [
      "A dump that is not in Demetra's own form needs to be told what each event is, as in",
      "`demetra import dump.csv --service shop --type '{event}' --aggregate 'order/{order_id}' --created-at '{time}'`",
    ],
  })
}
