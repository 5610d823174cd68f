import type { AskedByLink } from '#core/contract/approval-link.ts';
import type { Json } from '#core/contract/json.ts';

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text that was written by agents and people, as a page may show it. */
const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => escapes[character] ?? '');

/** As much of what is asked as a page shows. */
const shownLength = 8000;

const shown = (value: Json): string => {
  const text = typeof value === 'string' ? value : JSON.stringify(value, undefined, 2);
  return escaped(text.length > shownLength ? `${text.slice(0, shownLength)} …` : text);
};

const page = (title: string, body: string): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex"><title>${title}</title><style>
body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem}
pre{background:#f4f4f4;padding:1rem;overflow:auto;white-space:pre-wrap}button{font:inherit;padding:.5rem 1rem;margin:.25rem}
textarea{font:inherit;width:100%}</style></head><body><h1>${title}</h1>${body}</body></html>`;

/** What is asked, as a page shows it: the real input of the approval, not a summary of it. */
const matterOf = ({ for: person, type, description, input, runId, step }: AskedByLink): string => {
  const where = runId === undefined ? '' : ` of run ${escaped(runId)}, step ${escaped(step ?? '')}`;
  return `<p>For ${escaped(person)}: ${escaped(type)}${where}.</p>
${description === undefined ? '' : `<p>${escaped(description)}</p>`}
<pre>${shown(input)}</pre>`;
};

/** How what was asked has ended, for people. */
const endOf = ({ state, decision = '' }: AskedByLink): string => {
  const taken = decision === '' ? 'Nothing was decided' : `Taken for that was: ${escaped(decision)}`;
  if (state === 'expired') return `Nobody answered in time. ${taken}.`;
  return state === 'answered' ? `It was answered: ${escaped(decision)}.` : 'It was called off before anybody answered.';
};

/** What is asked, and a button for each answer; once it has ended, how, and no button. */
export const questionPage = (asked: AskedByLink): string => {
  if (asked.state !== 'open')
    return page(
      'This has ended',
      `<p>${endOf(asked)} An answer changes nothing any more.</p>
${matterOf(asked)}`,
    );
  const buttons = asked.decisions
    .map((decision) => `<button name="decision" value="${escaped(decision)}">${escaped(decision)}</button>`)
    .join('');
  return page(
    'Your answer is asked for',
    `${matterOf(asked)}
<form method="post"><p><label>Comment<br><textarea name="comment" maxlength="4096" rows="3"></textarea></label></p>
<p>${buttons}</p></form><p>The link is good for one answer, until ${new Date(asked.endsAt).toISOString()}.</p>`,
  );
};

/** What was answered. */
export const thanksPage = (decision: string): string =>
  page('Thank you', `<p>Your answer, ${escaped(decision)}, has been taken.</p>`);

/** Why nothing was. */
export const refusalPage = (message: string): string => page('This did not work', `<p>${escaped(message)}</p>`);
