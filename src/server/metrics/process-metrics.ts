import { counter, gauge } from './metric.ts'

const STARTED_AT_SECONDS = Date.now() / 1000 - process.uptime()

/** Of this process, under the names that Prometheus's own clients use, and which build it is. */
export function processMetrics(version: string): string {
  const { user, system } = process.cpuUsage()
  return [
    gauge('demetra_build_info', 'Always 1; which Demetra this is.', [
      { labels: { version, node: process.version }, value: 1 },
    ]),
    counter('process_cpu_seconds_total', 'User and system time spent.', (user + system) / 1e6),
    gauge('process_resident_memory_bytes', 'Resident memory.', process.memoryUsage.rss()),
    gauge('process_start_time_seconds', 'When the process was started, since 1970.', STARTED_AT_SECONDS),
  ].join('')
}
