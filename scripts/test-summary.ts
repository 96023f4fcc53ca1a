/**
 * Reads the report of `vitest run --reporter=json` and ends with one plain line, `N passed, N failed`. A suite that
 * was skipped is a failure where CI is set: what was not run has not passed.
 */
import { existsSync, readFileSync } from 'node:fs'

interface TestReport {
  numPassedTests: number
  numFailedTests: number
  numPendingTests: number
  numFailedTestSuites: number
  success: boolean
  testResults: {
    name: string
    status: string
    message?: string
    assertionResults: { status: string; fullName: string; failureMessages?: string[] }[]
  }[]
}

const [file = ''] = process.argv.slice(2)
if (!existsSync(file)) {
  process.stdout.write('The tests did not run to their end.\n0 passed, 1 failed\n')
  process.exitCode = 1
} else {
  summarize(JSON.parse(readFileSync(file, 'utf8')) as TestReport)
}

function summarize(report: TestReport): void {
  const brokenFiles = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  )
  const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults)
  const skipped = tests.filter(({ status }) => status !== 'passed' && status !== 'failed')
  for (const { name, message } of brokenFiles) process.stdout.write(`FAILED ${name}: ${message ?? ''}\n`)
  for (const { fullName } of tests.filter(({ status }) => status === 'failed')) {
    process.stdout.write(`FAILED ${fullName}\n`)
  }
  for (const { fullName } of skipped) process.stdout.write(`skipped ${fullName}\n`)
  const skippedFail = (process.env['CI'] ?? '') === '' ? 0 : skipped.length
  const failed = report.numFailedTests + brokenFiles.length + skippedFail
  process.stdout.write(`${report.numPassedTests} passed, ${failed} failed\n`)
  if (failed > 0 || !report.success || report.numPassedTests === 0) process.exitCode = 1
}
