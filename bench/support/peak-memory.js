// Loaded into a measured process: leaves its peak memory in a file when it ends, and what was what at the fullest look.
import { writeFileSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'

const file = process.env.DEMETRA_BENCH_PEAK
if (file && isMainThread) {
  let fullest = process.memoryUsage()
  const look = () => {
    const now = process.memoryUsage()
    if (now.rss > fullest.rss) fullest = now
  }
  setInterval(look, 250).unref()
  process.on('exit', () => {
    look()
    const peakBytes = process.resourceUsage().maxRSS * 1024
    // Those of the process's other threads are not among the latter two.
    writeFileSync(file, [peakBytes, fullest.heapTotal, fullest.external].join(' '))
  })
}
