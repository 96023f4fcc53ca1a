/** Numbers as people read them on a terminal. */

/** `1,234,567`; the same in every locale, so that scripts and screenshots agree. */
export function numberText(value: number | bigint): string {
  const [whole = '', fraction] = String(value).split('.')
  const grouped = whole.replace(/\B(?=(\d{3})+$)/gu, ',')
  return fraction === undefined ? grouped : `${grouped}.${fraction}`
}

/** `1 event`, `2,000 events`. */
export function countText(count: number | bigint, one: string, many = `${one}s`): string {
  return `${numberText(count)} ${BigInt(count) === 1n ? one : many}`
}

/** `45 %`, never more than 100. */
export function percentText(share: number): string {
  return `${Math.floor(Math.min(1, Math.max(0, share)) * 100)} %`
}

/** `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`. */
export function durationText(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

/** `512 B`, `1.5 MiB`. */
export function bytesText(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024
    unit += 1
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit] ?? ''}`
}
