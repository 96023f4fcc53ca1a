import { checkedLine } from './record.ts'

/** A line of refused.ndjson: an event, its text as it was sent, with the reason. */
export function refusedLine(
  at: number,
  { status, reason }: { status: number; reason: string },
  text: string,
): Buffer {
  return checkedLine(`"at":${at},"status":${status},"reason":${JSON.stringify(reason)},"event":${text}`)
}

export function damagedLine(at: number, reason: string, raw: Buffer): Buffer {
  return checkedLine(
    `"at":${at},"status":0,"reason":${JSON.stringify(reason)},"raw":"${raw.toString('base64')}"`,
  )
}
