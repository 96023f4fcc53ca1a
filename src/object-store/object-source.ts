/** What names an object in a command: `s3://BUCKET/PATH/KEY?OPTIONS`, or a path. */
export function objectSource(storeUrl: string, key: string): string {
  if (!storeUrl.startsWith('s3://')) return `${storeUrl.replace(/^file:/u, '').replace(/\/$/u, '')}/${key}`
  const [, place = '', options = ''] = /^([^?]*?)\/?(\?.*)?$/su.exec(storeUrl) ?? []
  return `${place}/${key}${options}`
}
