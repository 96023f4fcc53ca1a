/** What insert-command.ts uses of the driver beyond its public surface; package.json pins the version. */
declare module 'mongodb/lib/cmap/commands.js' {
  export class DocumentSequence {
    constructor(field: string)
    push(document: object, bytes: Uint8Array): number
  }
}
