import { formatIssue } from '../event/define-event.ts'
import type { EventError, EventIssue } from '../event/assemble.ts'
import { parseUuid } from '../event/uuid.ts'
import { cloudEventSchema, eventSchema } from './event-schema.ts'
import { HttpError } from './http-error.ts'

/** Where more than one thing may be wrong. */
const OF_THE_FORM = new Set([
  'invalid-id',
  'invalid-envelope',
  'invalid-time',
  'invalid-payload',
  'unknown-member',
])
const TOO_LARGE = new Set(['event-too-large', 'record-too-large'])

export interface Refusal {
  /** UUID, where the event has a good one. */
  id: string | undefined
  error: HttpError
}

/** Why an event is not taken: what stopped it, and all else that is wrong with its form. */
export function explainRefusal(
  error: EventError,
  given: () => unknown,
  form: 'event' | 'cloudevent',
): Refusal {
  const code = `DEMETRA_${error.code.replaceAll('-', '_').toUpperCase()}` as const
  if (TOO_LARGE.has(error.code)) return { id: undefined, error: new HttpError(413, code, error.message) }
  const value = valueOf(given)
  const id = (value as { id?: unknown } | null | undefined)?.id
  const all = error.issues ?? (OF_THE_FORM.has(error.code) ? formIssues(value, form) : [])
  const issues = all
    .slice(0, MOST_ISSUES)
    .map(({ path, message }) => ({ path: cut(path), message: cut(message) }))
  if (all.length > MOST_ISSUES) issues.push({ path: '', message: `and ${all.length - MOST_ISSUES} more` })
  return {
    id: typeof id === 'string' && parseUuid(id) !== null ? id.toLowerCase() : undefined,
    error: new HttpError(400, code, messageOf(error, issues), {
      issues: issues.length > 0 ? issues : [issueOf(cut(error.message))],
      ...(error.code === 'invalid-id' ? { hints: [ID_HINT] } : {}),
    }),
  }
}

/** An event of many megabytes may have a million things wrong: the answer has to be smaller than the event. */
const MOST_ISSUES = 50
const MOST_LETTERS = 1000

function cut(text: string): string {
  return text.length <= MOST_LETTERS ? text : `${text.slice(0, MOST_LETTERS).toWellFormed()}…`
}

const ID_HINT =
  'A producer gives each event a UUID when it happens, and the same one whenever it sends it again'

/** What JSON.parse makes of it is good enough to say what is wrong. */
function valueOf(given: () => unknown): unknown {
  try {
    return given()
  } catch {
    return undefined
  }
}

function formIssues(value: unknown, form: 'event' | 'cloudevent'): EventIssue[] {
  const { error } = (form === 'event' ? eventSchema : cloudEventSchema).safeParse(value)
  return (error?.issues ?? []).flatMap((issue) => {
    const path = issue.path.map(String)
    const message = issue.message.replace(/^Invalid input: /u, '')
    // a member that an event does not have is named by where it stands
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({
        path: [...path, key].join('.'),
        message: 'not a member of an event',
      }))
    return [{ path: path.join('.'), message }]
  })
}

/** One message that says it all to people: the log of a producer often shows no more. */
function messageOf(error: EventError, issues: readonly EventIssue[]): string {
  return issues.length > 1 && error.issues === undefined
    ? issues.map(formatIssue).join('; ')
    : cut(error.message)
}

/** `meta.created_at: expected …` names its path itself. */
function issueOf(message: string): EventIssue {
  const match = /^((?:id|meta|payload|position)(?:\.[\w-]+)*): (.+)$/su.exec(message)
  return match === null ? { path: '', message } : { path: match[1] as string, message: match[2] as string }
}
