/** How the user called us, so that what we tell them to type works: `npx demetra` or `demetra`. */
export function commandPrefix(env: NodeJS.ProcessEnv = process.env): string {
  return env['npm_command'] === 'exec' || env['npm_lifecycle_event'] === 'npx' ? 'npx demetra' : 'demetra'
}
