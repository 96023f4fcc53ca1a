import { relative, resolve } from 'node:path'
import { Args, BaseCommand } from '../cli/base-command.ts'
import { initProject, type InitResult } from '../cli/init-project.ts'

export default class Init extends BaseCommand {
  static override summary = 'Make a working example project'
  static override description =
    'Writes a configuration, event types, two projections with their tests, and two small dumps: a hospital log as ' +
    'CSV, and purchases as NDJSON that arrive out of order. Files that are there already stay as they are.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> my-reports',
  ]
  static override args = {
    dir: Args.string({ description: 'Folder of the project; made if it is not there.', default: '.' }),
  }

  async run(): Promise<InitResult> {
    const { args } = await this.parse(Init)
    const result = initProject(resolve(args.dir))
    for (const file of result.created) this.log(`created  ${file}`)
    for (const file of result.kept) this.log(`kept     ${file}`)
    const folder = relative(process.cwd(), result.folder)
    this.log(`\nNext${folder === '' ? '' : `, in ${folder}`}:\n`)
    for (const command of result.next) this.log(`  ${command}`)
    return result
  }
}
