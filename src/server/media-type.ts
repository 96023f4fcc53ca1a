export interface MediaType {
  /** In lower case, `application/json`. */
  name: string
  /** Its charset is UTF-8, or none is said. */
  isUtf8: boolean
}

/** Of a Content-Type header. */
export function mediaType(header: string): MediaType {
  const [name = '', ...parameters] = header.split(';').map((part) => part.trim().toLowerCase())
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.slice('charset='.length)
  return { name, isUtf8: ['utf-8', 'utf8', undefined].includes(charset?.replaceAll('"', '')) }
}
