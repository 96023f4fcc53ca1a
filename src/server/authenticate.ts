/** What the holder of a token may do. */
export interface Access {
  tokenId: string
  /** May send their events and read them. */
  services: readonly string[]
  /** May read everything. */
  read: boolean
}

export interface Authenticator {
  /** `header`: as in `Authorization`, `Bearer demetra_ID_SECRET`; null: not a token of this store, or revoked. */
  check(header: string | undefined): Promise<Access | null>
}
