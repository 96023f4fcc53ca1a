/**
 * What an administrator types into mongosh at a mongos to spread the events over the shards. By hashed `_id`: only a
 * key that holds `_id` lets the servers keep ids unique over all shards, and hashed it spreads an import evenly,
 * whatever the ids look like (MongoDB manual, "Sharded Cluster: unique indexes" and "Hashed Sharding"). A read in log
 * order asks all shards and merges, each by its own index. The bookkeeping stays on one shard.
 *
 * Reasoned, not run: no mongos was at hand. Each shard stamps the events it gets, so on a sharded cluster events of one
 * call that fall on different shards stand in the order in which the shards took them; backfilled ones, whose positions
 * are given, keep theirs.
 */
export function shardCommands(database: string): string[] {
  const name = JSON.stringify(database)
  const events = JSON.stringify(`${database}.events`)
  return [`sh.enableSharding(${name})`, `sh.shardCollection(${events}, { _id: "hashed" })`]
}
