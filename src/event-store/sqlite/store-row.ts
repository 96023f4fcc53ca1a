import type { Connection } from './connection.ts'

/** The highest position ever given; 0n for an empty store. It stays when its event is archived. */
export function readHighest(connection: Connection): bigint {
  return connection.get<[bigint]>('SELECT highest FROM demetra_store')?.[0] ?? 0n
}

export function saveHighest(connection: Connection, highest: bigint): void {
  connection.run('UPDATE demetra_store SET highest = ?', highest)
}

export function readStoreId(connection: Connection): string {
  const [storeId] = connection.get<[string]>('SELECT store_id FROM demetra_store') as [string]
  return storeId
}
