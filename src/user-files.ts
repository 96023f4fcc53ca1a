import { pathToFileURL } from 'node:url'

/** Loads a file of the user. */
export async function importUserFile(file: string): Promise<Record<string, unknown>> {
  return (await import(pathToFileURL(file).href)) as Record<string, unknown>
}
