import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fromSource, packageRoot } from '../../package-root.ts'

export interface Asset {
  /** Relative to the page, so that it may stand under another path behind a proxy. */
  path: string
  type: string
  content: Buffer
}

const FOLDER = join(packageRoot, fromSource ? 'src' : 'dist', 'server', 'page', 'assets')

/** What the page loads; a path holds the hash of its content, so that it may be kept for ever. */
export const ASSETS = {
  styles: asset('page.css', 'text/css; charset=utf-8'),
  script: asset('live.js', 'text/javascript; charset=utf-8'),
  icon: asset('icon.svg', 'image/svg+xml'),
}

function asset(file: string, type: string): Asset {
  const content = readFileSync(join(FOLDER, file))
  const hash = createHash('sha256').update(content).digest('base64url').slice(0, 12)
  const [name = '', ending = ''] = file.split('.')
  return { path: `page/${name}.${hash}.${ending}`, type, content }
}
