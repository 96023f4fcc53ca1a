import type { Config } from '@oclif/core'

/**
 * What a command asks of oclif's Config while it runs. The real one reads package.json, the manifest and all
 * plugins, which takes longer than a projection with nothing to do; it is loaded for help and completion.
 */
export function plainConfig(): Config {
  const key = (name: string): string => `DEMETRA_${name}`
  const config = {
    bin: 'demetra',
    name: 'demetra',
    pjson: { oclif: {} },
    topicSeparator: ' ',
    userAgent: 'demetra',
    runHook: () => Promise.resolve({ successes: [], failures: [] }),
    scopedEnvVar: (name: string) => process.env[key(name)],
    scopedEnvVarKey: key,
    scopedEnvVarKeys: (name: string) => [key(name)],
  }
  return config as unknown as Config
}
