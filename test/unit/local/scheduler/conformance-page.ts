import { readFileSync, writeFileSync } from 'node:fs';

/** Formatters align tables; their spaces and dashes say nothing. */
function normalize(page: string): string {
  return page.replaceAll(/ +/g, ' ').replaceAll(/-{3,}/g, '---').trim();
}

/**
 * The page as it is in the repository and as it must be, comparable.
 * With the environment variable `WRITE_PAGES=1` the page is written first.
 */
export function comparePage(path: string, page: string): { readonly actual: string; readonly expected: string } {
  if (process.env['WRITE_PAGES'] === '1') writeFileSync(path, page);
  return { actual: normalize(readFileSync(path, 'utf8')), expected: normalize(page) };
}
