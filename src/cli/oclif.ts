import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Interfaces } from '@oclif/core'
import { fromSource, packageRoot } from '../package-root.ts'
import { stdoutGone } from './stdout.ts'

/** Help and shell completion: oclif as it comes, with its plugins and the manifest of all commands. */
export async function runOclif(argv: readonly string[]): Promise<void> {
  const { execute } = await import('@oclif/core')
  const pjson = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as Interfaces.PJSON
  if (fromSource) Object.assign(pjson.oclif, { commands: './src/commands', helpClass: './src/cli/help.ts' })
  const loadOptions = { root: packageRoot, pjson, ignoreManifest: fromSource }
  // oclif waits for ever for a pipe that nobody reads any more
  await Promise.race([execute({ args: [...argv], loadOptions }), stdoutGone()])
}
