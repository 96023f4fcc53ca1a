/**
 * Column names as they can be used: trimmed; a blank one is `column_N`, the second of a name `name_2`, the
 * third `name_3`, but never a name that the header has itself.
 */
export function columnNames(header: readonly string[]): string[] {
  const own = new Set(header.map((name) => name.trim()))
  const taken = new Set<string>()
  const isFree = (name: string): boolean => !own.has(name) && !taken.has(name)
  return header.map((raw, index) => {
    const trimmed = raw.trim()
    const name = trimmed || `column_${index + 1}`
    let unique = name
    if (trimmed === '' ? !isFree(name) : taken.has(name)) {
      for (let n = 2; !isFree(unique); n++) unique = `${name}_${n}`
    }
    taken.add(unique)
    return unique
  })
}
