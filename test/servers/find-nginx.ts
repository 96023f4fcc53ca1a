import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { askedFor } from './asked-for.ts'
import { unpackedPackage } from './debian-package.ts'

const run = promisify(execFile)

/** A path to an nginx; or `none`, to do without. */
export const VARIABLE = 'DEMETRA_TEST_NGINX'

/** An nginx that runs and speaks TLS: the one asked for, the one of the system, or that of the Debian package. */
export async function findNginx(): Promise<string | null> {
  const asked = await askedFor(VARIABLE, 'is not an nginx that runs here', runs)
  if (asked !== undefined) return asked
  // Debian's does not lie on the path of everybody
  for (const path of ['nginx', '/usr/sbin/nginx']) if (await runs(path)) return path
  const unpacked = join(await unpackedPackage('nginx'), 'usr', 'sbin', 'nginx')
  return (await runs(unpacked)) ? unpacked : null
}

/** It tells what it was built with on standard error. */
async function runs(path: string): Promise<boolean> {
  try {
    const { stderr } = await run(path, ['-V'], { timeout: 30_000 })
    // a certificate has to be made for it
    await run('openssl', ['version'], { timeout: 30_000 })
    return stderr.includes('http_ssl_module')
  } catch {
    return false
  }
}
