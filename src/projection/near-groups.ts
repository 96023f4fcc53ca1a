const HOUR = 3600n << 31n

/**
 * Splits reports into groups that share a read of the log: in each, nobody is more than twice as far behind as the
 * foremost, or an hour. The foremost group comes first: a new report, which reads the log from its beginning, keeps
 * none waiting that is a minute behind. All groups together read no more than a few times what the last report reads.
 *
 * @param behind how far a report is behind, in positions
 */
export function nearGroups<Report>(
  reports: readonly Report[],
  behind: (report: Report) => bigint,
): Report[][] {
  const groups: Report[][] = []
  let upTo = -1n
  for (const report of reports.toSorted((a, b) => (behind(a) < behind(b) ? -1 : 1))) {
    const distance = behind(report)
    if (distance <= upTo) {
      groups.at(-1)?.push(report)
      continue
    }
    groups.push([report])
    upTo = distance > HOUR / 2n ? 2n * distance : HOUR
  }
  return groups
}
