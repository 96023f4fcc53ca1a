export interface MediaType {
  /** In lower case, `application/json`. */
  name: string
  charset: string | undefined
}

/** Of a Content-Type header. */
export function mediaType(header: string): MediaType {
  const [name = '', ...parameters] = header.split(';').map((part) => part.trim().toLowerCase())
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.slice('charset='.length)
  return { name, charset: charset?.replaceAll('"', '') }
}
