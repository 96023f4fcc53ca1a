const MOST_NAMES = 1000
const names = new Map<string, string>()

/**
 * One string for a name, a service's or a type's, however many events have it: those that are the same string take no
 * memory of their own, and are soonest found to be equal.
 */
export function keptName(name: string): string {
  const known = names.get(name)
  if (known !== undefined) return known
  if (names.size === MOST_NAMES) names.clear()
  names.set(name, name)
  return name
}
