/** What insert-command.ts and closed-connection.ts use of the driver beyond its public surface; package.json pins the version. */
declare module 'mongodb/lib/cmap/commands.js' {
  export class DocumentSequence {
    constructor(field: string)
    push(document: object, bytes: Uint8Array): number
  }
}
declare module 'mongodb/lib/cmap/connection.js' {
  export class Connection {
    error: Error | null
    writeCommand: (this: Connection, ...given: unknown[]) => Promise<void>
    once(event: 'close', listener: () => void): this
    off(event: 'close', listener: () => void): this
  }
}
