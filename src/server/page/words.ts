import { printable } from '../../cli/text-width.ts'
import { html, type Html } from './html.ts'

/** A name out of the store: control characters are seen, and letters that run leftwards turn nothing else over. */
export function nameText(name: string): Html {
  return html`<bdi>${printable(name)}</bdi>`
}

/** A text for people in which commands stand in backticks. */
export function withCommands(text: string): Html {
  const parts = printable(text).split(/`([^`]+)`/u)
  return html`${parts.map((part, i) => (i % 2 === 1 ? commandText(part) : part))}`
}

export function commandText(command: string): Html {
  return html`<code>${printable(command)}</code>`
}

/** `18:51:07` where it is of the day of `now`, else with its date; UTC. */
export function timeText(time: string, now: string): Html {
  const day = time.slice(0, 10)
  const clock = time.slice(11, 19)
  return html`<time datetime="${time}"
    >${day === now.slice(0, 10) ? clock : `${day} ${clock.slice(0, 5)}`}</time
  >`
}

/** `3 s`, `12 min`, `5 h`, `3 days`: how long `time` was before `now`. Never less than nothing. */
export function ageText(time: string, now: string): string {
  return roughDuration(Date.parse(now) - Date.parse(time))
}

/** One unit is enough for people who glance. */
export function roughDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h`
  return `${Math.floor(seconds / 86_400)} days`
}
