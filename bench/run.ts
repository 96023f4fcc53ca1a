/**
 * Runs a benchmark: `npm run bench -- NAME [ARGUMENTS]`; without a name, all of them, one after the other. Each is
 * a file of this folder that says at its top what it measures, and against which public peer.
 */
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts') && file !== 'run.ts')
  .map((file) => file.slice(0, -'.ts'.length))
const [name, ...args] = process.argv.slice(2)
if (name !== undefined && !names.includes(name)) {
  console.error(`There is no benchmark ${name}; there are ${names.join(', ')}`)
  process.exitCode = 2
} else {
  for (const each of name === undefined ? names : [name]) {
    console.log(`\n${each}`)
    const { status } = spawnSync(process.execPath, [join(import.meta.dirname, `${each}.ts`), ...args], {
      stdio: 'inherit',
    })
    if (status !== 0) process.exitCode = 1
  }
}
