const MAX_DEPTH = 60

/**
 * Whether a nested value comes back from a document as it went in. One with a key that MongoDB or its driver takes
 * for its own, or with half of a surrogate pair, is kept as text. `value`: what JSON.parse gives.
 */
export function fitsDocument(value: unknown, depth = 0): boolean {
  if (typeof value === 'string') return value.isWellFormed()
  if (typeof value !== 'object' || value === null) return true
  if (depth > MAX_DEPTH) return false
  if (Array.isArray(value)) return value.every((item) => fitsDocument(item, depth + 1))
  return Object.entries(value).every(([key, item]) => isPlainKey(key) && fitsDocument(item, depth + 1))
}

function isPlainKey(key: string): boolean {
  if (key.startsWith('$') || key.includes('\0') || !key.isWellFormed()) return false
  return key !== '_bsontype' && key !== '__proto__' && key !== 'toBSON'
}
