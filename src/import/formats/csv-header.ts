/**
 * Column names as they can be used: trimmed; a blank one is `column_N`, the second of a name `name_2`, the
 * third `name_3`, but never a name that the header has itself.
 */
export function columnNames(header: readonly string[]): string[] {
  const trimmed = header.map((name, index) => name.trim() || `column_${index + 1}`)
  const own = new Set(header.map((name) => name.trim()))
  const taken = new Set<string>()
  return trimmed.map((name, index) => {
    const isOwn = header[index]?.trim() === name
    let unique = name
    for (let n = 2; taken.has(unique) || (own.has(unique) && !(isOwn && unique === name)); n++) {
      unique = `${name}_${n}`
    }
    taken.add(unique)
    return unique
  })
}
