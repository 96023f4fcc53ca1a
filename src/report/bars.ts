import { numberText } from '../cli/numbers.ts'
import { cutText, padText, printable, textWidth } from '../cli/text-width.ts'

export interface Bar {
  label: string
  value: number
}

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']
const LONGEST_LABEL = 32

/** A bar chart in text: one line a bar, its value at the end. */
export function barsText(bars: readonly Bar[], width = 80): string {
  const labels = bars.map(({ label }) => cutText(printable(label), LONGEST_LABEL))
  const values = bars.map(({ value }) => numberText(round(value)))
  const labelWidth = Math.max(0, ...labels.map(textWidth))
  const valueWidth = Math.max(0, ...values.map(textWidth))
  const room = Math.max(8, width - labelWidth - valueWidth - 4)
  const most = Math.max(0, ...bars.map(({ value }) => value))
  return bars
    .map(({ value }, index) => {
      const label = padText(labels[index] ?? '', labelWidth)
      return `${label}  ${barText(most > 0 ? value / most : 0, room)} ${values[index] ?? ''}\n`
    })
    .join('')
}

/** What is above zero always shows. */
function barText(share: number, room: number): string {
  if (share <= 0) return ''
  const eighths = Math.max(1, Math.round(share * room * 8))
  return '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '')
}

function round(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toFixed(2))
}
