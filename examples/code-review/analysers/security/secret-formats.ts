/** A credential format that its issuer documents, recognisable without any context. */
export interface SecretFormat {
  readonly name: string;
  readonly pattern: RegExp;
}

/** Formats with a fixed prefix and length; each pattern is global and has no capture groups. */
export const SECRET_FORMATS: readonly SecretFormat[] = [
  { name: 'AWS access key id', pattern: /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g },
  { name: 'GitHub token', pattern: /\bgh[pousr]_[A-Za-z0-9]{36,251}\b/g },
  { name: 'GitHub fine-grained token', pattern: /\bgithub_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}\b/g },
  { name: 'GitLab token', pattern: /\bglpat-[A-Za-z0-9_-]{20,}/g },
  { name: 'Slack token', pattern: /\bxox[abeprs]-[A-Za-z0-9-]{20,}/g },
  { name: 'Slack webhook', pattern: /\bhooks\.slack\.com\/services\/T[A-Z0-9]{7,}\/B[A-Z0-9]{7,}\/[A-Za-z0-9]{20,}/g },
  { name: 'Stripe live key', pattern: /\b[sr]k_live_[A-Za-z0-9]{20,}\b/g },
  { name: 'Google API key', pattern: /\bAIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])/g },
  { name: 'npm token', pattern: /\bnpm_[A-Za-z0-9]{36}\b/g },
  { name: 'SendGrid key', pattern: /\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])/g },
  {
    name: 'OpenAI key',
    pattern: /\bsk-(?:proj-|svcacct-)?(?=[A-Za-z0-9_-]*[A-Z])(?=[A-Za-z0-9_-]*\d)[A-Za-z0-9_-]{40,}/g,
  },
  { name: 'Anthropic key', pattern: /\bsk-ant-[a-z]+\d{2}-[A-Za-z0-9_-]{60,}/g },
  { name: 'Hugging Face token', pattern: /\bhf_[A-Za-z]{34}\b/g },
  { name: 'DigitalOcean token', pattern: /\bdo[opr]_v1_[a-f0-9]{64}\b/g },
  { name: 'PyPI token', pattern: /\bpypi-AgE[A-Za-z0-9_-]{50,}/g },
  { name: 'Docker Hub token', pattern: /\bdckr_pat_[A-Za-z0-9_-]{27,}/g },
  { name: 'Shopify token', pattern: /\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}\b/g },
  { name: 'Twilio key', pattern: /\bSK[a-f0-9]{32}\b/g },
  { name: 'Mailgun key', pattern: /\bkey-[a-z0-9]{32}\b/g },
  { name: 'Google OAuth secret', pattern: /\bGOCSPX-[A-Za-z0-9_-]{28}(?![A-Za-z0-9_-])/g },
  { name: 'Databricks token', pattern: /\bdapi[a-f0-9]{32}\b/g },
  { name: 'Vault token', pattern: /\bhvs\.[A-Za-z0-9_-]{24,}/g },
  { name: 'Telegram bot token', pattern: /\b\d{8,10}:AA[A-Za-z0-9_-]{33}(?![A-Za-z0-9_-])/g },
  { name: 'Azure storage key', pattern: /\bAccountKey=[A-Za-z0-9+/]{60,}={0,2}/g },
  { name: 'Discord webhook', pattern: /\bdiscord(?:app)?\.com\/api\/webhooks\/\d{17,20}\/[A-Za-z0-9_-]{60,}/g },
];

/** A private key in PEM form with enough of a body that it is one; a mere header is not. */
export const PRIVATE_KEY =
  /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----(?:\\n|\\r|[\s"'+,])*(?:(?:Proc-Type|DEK-Info|Version|Comment)[^\n\\]*(?:\\n|\s)+)*[A-Za-z0-9+/=]{40,}/g;

/** A signed JSON Web Token. */
export const JSON_WEB_TOKEN = /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}/g;

/** `scheme://user:password@host`; the groups are password and host. */
export const CONNECTION_STRING =
  /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:/?#"'@<>]{0,64}:([^\s/?#"'@<>]{1,128})@([^\s/?#"'<>:]+)/gi;

const BITS_OF_RANDOM_TEXT = 3;

/** The Shannon entropy of a text in bits for each character. */
export function entropyBits(value: string): number {
  const counts = new Map<string, number>();
  for (const character of value) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / value.length) * Math.log2(count / value.length);
  return bits;
}

const PLACEHOLDER =
  /example|placeholder|change[_-]?me|change[_-]?this|dummy|redacted|replace|insert|\byour|your[_-]|xxx|\*\*\*|\.\.\.|…|todo|fixme|sample|fake|mock|foo|bar(?![a-z0-9])|lorem|not[_-]?a[_-]?real|notreal|default|undefined|null\b|n\/a|<[^>]*>|\$\{|\{\{|%[A-Z_]+%|\$\(|(?:^|[^a-z])test(?:ing)?(?![a-z])/i;
/** Nothing but what fingers type along the keyboard; at the length of a real key it may well be used as one. */
const KEYBOARD_RUN = /^(?:0?1234567?8?9?0?|abcdef(?:ghij)?[a-z]*|qwerty(?:uiop)?|asdf(?:gh)?|[-_])+$/i;
const LONGEST_RUN = 24;
const WHOLE_PLACEHOLDER =
  /^(?:pass(?:word|wd|phrase)?|secret|token|key|api[_-]?key|admin|root|user|guest|postgres|mysql|redis|none|null|true|false|string|value|hidden|masked|local|dev|demo|empty|unset|required|optional)[-_]?\d{0,1}$/i;

/** Whether a value says that it is to be replaced, or is one that documentation uses. */
export function isStandIn(value: string): boolean {
  return PLACEHOLDER.test(value);
}

/** Whether a value visibly stands for a secret instead of being one. */
export function isPlaceholder(value: string): boolean {
  if (isStandIn(value) || WHOLE_PLACEHOLDER.test(value)) return true;
  if (KEYBOARD_RUN.test(value)) return value.length <= LONGEST_RUN;
  return new Set(value).size <= Math.max(2, value.length / 8);
}

/** Whether the variable part of a known format looks random rather than typed in. */
export function looksRandom(value: string): boolean {
  return entropyBits(value) >= BITS_OF_RANDOM_TEXT && !/(.)\1{5,}/.test(value);
}
