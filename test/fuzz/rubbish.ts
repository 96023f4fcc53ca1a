import { PAYLOAD_MARK } from './event-text.ts'
import type { Random } from './random.ts'

type Break = (text: string, random: Random) => string

/** What becomes of a good event's text so that it is, mostly, none any more; whether it still is one is told by reading it. */
const BREAKS: readonly Break[] = [
  // cut short, something put in, something left out, something twice
  (text, random) => text.slice(0, random.below(text.length)),
  (text, random) =>
    splice(text, random, 0, random.pick(['"', '{', '}', ',', ':', '\\', '\0', '\u007f', '1', ' '])),
  (text, random) => splice(text, random, 1 + random.below(8), ''),
  (text) => text + text,
  (text) => `${text},`,
  (text) => `[${text}]`,
  (text) => `// event\n${text}`,
  (text) => `\ufeff${text}`,
  // other JSON, and what is none
  () => 'null',
  () => '0',
  () => '""',
  () => '[]',
  () => '{}',
  () => '{"id":null,"meta":null,"payload":null}',
  () => `'${PAYLOAD_MARK}'`,
  () => '\u0000\u0001\u0002',
  (text) => text.replace('"payload"', "'payload'"),
  (text) => text.replace(':"', ':NaN,"'),
  (text) => text.replace('"payload":', '"payload":undefined,"p":'),
  // strings and keys that are refused in every store
  (text) => inPayload(text, '"lone":"\\ud800"'),
  (text) => inPayload(text, '"lone":"\\udc00\\ud800"'),
  (text) => inPayload(text, '"nul\\u0000":1'),
  (text) => inPayload(text, '"twice":1,"twice":1'),
  (text) => inPayload(text, '"tw\\u0069ce":1,"twice":1'),
  (text) => inPayload(text, `"deep":${'['.repeat(100)}${']'.repeat(100)}`),
  (text) => inPayload(text, `"deep":${'{"a":'.repeat(300)}1${'}'.repeat(300)}`),
  (text) => inPayload(text, `"open":${'['.repeat(3000)}`),
  (text) => inPayload(text, `"n":${random10(400)}e${random10(20)}`),
  (text) => inPayload(text, '"n":01'),
  (text) => inPayload(text, '"n":+1'),
  (text) => inPayload(text, '"n":1.'),
  (text) => inPayload(text, '"s":"\n"'),
  (text) => inPayload(text, '"s":"\\x41"'),
  (text) => inPayload(text, '"s":"\\u12"'),
  // the envelope
  (text) => text.replace('{"id"', '{"more":1,"id"'),
  (text) => text.replace('"id":"', '"id":"{'),
  (text) => text.replace('"id":"', '"id":"urn:uuid:'),
  (text) => text.replace(/"id":"[^"]+"/u, '"id":7'),
  (text) => text.replace(/"id":"[^"]+",/u, ''),
  (text) => text.replace(/"service":"[^"]*"/u, '"service":""'),
  (text) => text.replace(/"service":"[^"]*"/u, '"service":["core"]'),
  (text) => text.replace('"service"', '"servic\\u0065"'),
  (text) => text.replace('"service":', '"service":"billing","service":'),
  (text) => text.replace(/"type":"[^"]*",/u, ''),
  (text) => text.replace(/"type":"[^"]*"/u, '"type":"\\ud800"'),
  (text) => text.replace(/"created_at":"[^"]*"/u, '"created_at":"2016-01-01T12:00:00"'),
  (text) => text.replace(/"created_at":"[^"]*"/u, '"created_at":"2016-02-30T12:00:00Z"'),
  (text) => text.replace(/"created_at":"[^"]*"/u, '"created_at":"10000-01-01T12:00:00Z"'),
  (text) => text.replace(/"created_at":"[^"]*"/u, '"created_at":1451649600000'),
  (text) => text.replace(/"aggregate_id":"[^"]*"/u, '"aggregate_id":null'),
  (text) => text.replace('"meta":', '"meta":[],"payload":'),
  (text) => text.replace('"amount":"', '"amount":0,"b":"'),
  (text) => text.replace('"payload":{', '"payload":[{').concat(']'),
  (text) => text.replace('"specversion":"1.0"', '"specversion":"0.3"'),
  (text) => text.replace('"source"', '"Source"'),
  (text) => text.replace('"data":', '"data_base64":'),
  (text) => text.replace('"data":', '"data_base64":"%%%","d":'),
  (text) => text.replace('"time":', '"time":null,"t":'),
]

export function breakText(text: string, random: Random): string {
  const broken = random.pick(BREAKS)(text, random)
  return random.chance(0.05) ? random.pick(BREAKS)(broken, random) : broken
}

/** Of a body that is whole: some bytes become others, so that it may not be UTF-8 any more. */
export function breakBytes(body: Buffer, random: Random): Buffer {
  const broken = Buffer.from(body)
  for (let times = 1 + random.below(3); times > 0 && broken.length > 0; times -= 1) {
    broken[random.below(broken.length)] = random.chance(0.5)
      ? random.below(256)
      : random.pick([0, 0x22, 0xc0, 0xed, 0xff])
  }
  return broken
}

function splice(text: string, random: Random, remove: number, put: string): string {
  const at = random.below(text.length)
  return text.slice(0, at) + put + text.slice(at + remove)
}

function inPayload(text: string, member: string): string {
  return text.replace(`"amount":"${PAYLOAD_MARK}"`, `"amount":"${PAYLOAD_MARK}",${member}`)
}

function random10(digits: number): string {
  return '1234567890'.repeat(Math.ceil(digits / 10)).slice(0, digits)
}
