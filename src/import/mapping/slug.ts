const cache = new Map<string, string>()

/**
 * A value as an event type: runs of anything but letters and digits become one `-`, all in lower case
 * (`ER Registration` → `er-registration`, `LacticAcid` → `lacticacid`). A letter and its marks are one, however
 * they are encoded.
 */
export function slug(text: string): string {
  let slugged = cache.get(text)
  if (slugged === undefined) {
    slugged = text
      .normalize('NFC')
      .toLowerCase()
      .replace(/[^\p{L}\p{M}\p{N}]+/gu, '-')
      .replace(/^-|-$/g, '')
    if (cache.size < 10_000) cache.set(text, slugged)
  }
  return slugged
}
