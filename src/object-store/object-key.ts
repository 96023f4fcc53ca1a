const KEY = /^[\w=-][\w.=-]*(?:\/[\w=-][\w.=-]*)*$/u

/** What a folder of any system and S3 take alike; so no key leads out of the archive, or to a hidden file. */
export function checkKey(key: string): void {
  if (!KEY.test(key)) throw new Error(`'${key}' is no key of an object`)
}

export function checkPrefix(prefix: string): void {
  if (prefix === '') return
  if (!prefix.endsWith('/')) throw new Error(`'${prefix}' is no prefix of keys: it does not end in a slash`)
  checkKey(prefix.slice(0, -1))
}
