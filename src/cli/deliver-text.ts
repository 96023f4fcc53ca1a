import type { DeliverResult } from '../client/deliver/deliver.ts'
import { numberText } from './numbers.ts'

/** What a run has delivered, for people. */
export function deliverText(folder: string, result: DeliverResult): string {
  const { delivered, duplicates, setAside, damaged, left } = result
  const parts = [`${numberText(delivered)} delivered`]
  if (duplicates > 0) parts.push(`${numberText(duplicates)} were there already`)
  if (setAside > 0) parts.push(`${numberText(setAside)} set aside (${folder}/refused.ndjson)`)
  if (damaged > 0) parts.push(`of them ${numberText(damaged)} damaged`)
  if (left > 0) parts.push(`${numberText(left)} left`)
  return `${folder}: ${parts.join(', ')}`
}

export function troubleText(message: string, againInMs: number): string {
  return `The service does not take events (${message}); trying again in ${numberText(Math.ceil(againInMs / 1000))} s`
}
