/**
 * Lets a flag stand without its value: `--chart` becomes `--chart=` where nothing, or another flag, follows. oclif
 * itself knows flags with a value and flags without, but none with both.
 */
export function optionalValue(argv: readonly string[], flag: string): string[] {
  const end = argv.indexOf('--')
  return argv.map((word, index) => {
    if (word !== flag || (end !== -1 && index > end)) return word
    const next = argv[index + 1]
    return next === undefined || next.startsWith('-') ? `${flag}=` : word
  })
}
