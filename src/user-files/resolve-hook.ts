import { existsSync, readFileSync } from 'node:fs'
import { registerHooks, type ResolveFnOutput, type ResolveHookContext } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { fromSource, ownModuleUrl, packageRoot } from '../package-root.ts'

type Next = (specifier: string, context?: Partial<ResolveHookContext>) => ResolveFnOutput

/** What a user's file may import from us without having installed it. */
const OWN_MODULES: Readonly<Record<string, string>> = {
  demetra: ownModuleUrl('index'),
  'demetra/testing': ownModuleUrl('testing'),
}

let registered = false
let last: string | null = null

/** The user's file that the loader was last asked for: where it stumbles, that is the one. */
export function lastUserFile(): string | null {
  return last
}

/**
 * Teaches Node's loader the user's files: `demetra` is this very Demetra, `zod` the one that they installed and else
 * ours, and a `.ts` (or a `.js` with import and export) is a module in folders of every kind, without a warning.
 */
export function registerUserFiles(): void {
  if (registered) return
  registered = true
  registerHooks({
    resolve: (specifier, context, next) =>
      isOwn(context.parentURL)
        ? asModule(next(specifier, context))
        : resolveForUser(specifier, context, next),
  })
}

function resolveForUser(specifier: string, context: ResolveHookContext, next: Next): ResolveFnOutput {
  const own = Object.hasOwn(OWN_MODULES, specifier) ? OWN_MODULES[specifier] : undefined
  if (own !== undefined) return { url: own, shortCircuit: true }
  if (specifier === 'zod' || specifier.startsWith('zod/')) return resolveZod(specifier, context, next)
  return asModule(next(specifier, context))
}

/** The user's zod where it is another version than ours; the same version is in our bundle, and loads faster there. */
function resolveZod(specifier: string, context: ResolveHookContext, next: Next): ResolveFnOutput {
  const installed = context.parentURL?.startsWith('file:')
    ? installedVersion('zod', dirname(fileURLToPath(context.parentURL)))
    : null
  const bundled = process.env.DEMETRA_ZOD_VERSION
  if (specifier === 'zod' && !fromSource && (installed === null || installed === bundled)) {
    return { url: ownModuleUrl('zod'), shortCircuit: true }
  }
  if (installed !== null) return next(specifier, context)
  return next(specifier, { ...context, parentURL: ownModuleUrl('index') })
}

function installedVersion(name: string, folder: string): string | null {
  for (let at = folder; ; at = dirname(at)) {
    const file = join(at, 'node_modules', name, 'package.json')
    if (existsSync(file)) return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
    if (dirname(at) === at) return null
  }
}

function asModule(resolved: ResolveFnOutput): ResolveFnOutput {
  const [url = ''] = resolved.url.split('?', 1)
  if (!url.startsWith('file:') || url.includes('/node_modules/') || isOwn(url)) return resolved
  last = fileURLToPath(url)
  if (url.endsWith('.ts')) return { ...resolved, format: 'module-typescript' }
  if (url.endsWith('.js') && hasModuleSyntax(fileURLToPath(url))) return { ...resolved, format: 'module' }
  return resolved
}

function hasModuleSyntax(file: string): boolean {
  return existsSync(file) && /^\s*(?:import|export)\b/mu.test(readFileSync(file, 'utf8'))
}

const OWN_FOLDERS = ['dist', 'src', 'bin', 'node_modules'].map(
  (name) => `${pathToFileURL(join(packageRoot, name)).href}/`,
)

/** A module of Demetra itself, or of what it is built on. */
function isOwn(url: string | undefined): boolean {
  if (url === undefined || !url.startsWith('file:')) return true
  return OWN_FOLDERS.some((folder) => url.startsWith(folder))
}
