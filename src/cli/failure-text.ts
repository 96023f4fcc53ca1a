import type { Failure } from './failure.ts'

/** A failure as people read it: what happened, where, and what to type next. */
export function failureText({ code, message, context, hints, stack }: Failure): string {
  const lines = stack === undefined ? [`Error: ${message}`] : [`Error: ${message}`, ...stackLines(stack)]
  const place = Object.entries(context).filter(
    ([, value]) => value !== null && !message.includes(String(value)),
  )
  if (place.length > 0) lines.push(`  ${place.map(([key, value]) => `${key}: ${String(value)}`).join(', ')}`)
  for (const hint of hints) lines.push(`  → ${hint}`)
  if (stack !== undefined) lines.push(`  (${code})`)
  return `${lines.join('\n')}\n`
}

/** The frames alone; the message stands above them already. */
function stackLines(stack: string): string[] {
  return stack.split('\n').filter((line) => /^\s+at /u.test(line))
}
