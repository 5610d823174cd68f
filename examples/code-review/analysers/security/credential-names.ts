import { entropyBits, isPlaceholder } from './secret-formats.ts';

/** What a name says about the value it holds. */
export type CredentialKind = 'password' | 'key';

const PASSWORD_WORDS = /(?:^|_)(?:password|passwd|pwd|passphrase|pass_phrase|pass)$/;
const KEY_WORDS =
  /(?:^|_)(?:secret|token|api_?key|access_?key|secret_?key|private_?key|auth_?key|encryption_?key|signing_?key|master_?key|license_?key|service_?key|(?:enc|aes|hmac|jwt|cipher|crypto|deploy)_?key|secret_or_key|account_?key|shared_?key|secret_access_key|credentials?|bearer|apikey|authtoken|accesstoken|secretkey|webhook_secret)$/;
/** Words after the credential's own that do not change what it is. */
const TRAILING =
  /_(?:prod|production|live|staging|stage|dev|value|default|v?\d+|string|plain|raw|text|main|backup|primary|secondary|base64|b64|hex)$/;

/** Whether a name such as `dbPassword` or `STRIPE_API_KEY` holds a credential; `passwordHash` and `tokenUrl` do not. */
export function credentialKind(name: string): CredentialKind | undefined {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
    .replace(/[\s.-]+/g, '_')
    .toLowerCase();
  if (
    /(?:^|_)(?:public|csrf|xsrf|example|fake|mock|test|dummy|sample|placeholder|cancellation|cancel|injection|page|next|continuation|syntax)_/.test(
      `${words}_`,
    )
  ) {
    return undefined;
  }
  const bare = words.replace(TRAILING, '').replace(TRAILING, '');
  if (PASSWORD_WORDS.test(bare)) return 'password';
  return KEY_WORDS.test(bare) ? 'key' : undefined;
}

const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i;
const REFERENCE =
  /^(?:https?:\/\/|wss?:\/\/|file:|\/|\.{1,2}\/|~\/|arn:|urn:|ssm:|vault:|secretsmanager:|op:\/\/|env:|process\.env|os\.environ|@|#|\$|%|&|sha\d{1,3}[-:]|data:|refs\/)/i;
/** Names of fields, headers, storage keys, messages: words joined by separators or camel case, at most a version at the end. */
const IDENTIFIER = /^(?:[A-Za-z]+[-_.:/ ]?)+(?:v?\d{1,2})?$/;
/** The same with digits in the words, as in `x-aws-ec2-token`: three or more words. */
const NUMBERED_IDENTIFIER = /^[A-Za-z]+\d{0,2}(?:[-_.:/][A-Za-z]+\d{0,2}){2,}$/;
const MAX_VALUE = 512;
const MIN_PASSWORD = 6;
const MIN_KEY = 12;
const PASSWORD_BITS = 2.2;
const KEY_BITS = 3.2;
const RANDOM_LETTER_BITS = 4;

/** Words that nobody writes into a name or a label: the value calls itself secret. */
const STATED_SECRET =
  /(?:super|top|very|ultra)[-_]?secret|my[-_]?secret[-_]?(?:key|token|pass|jwt|sign|value)|(?:do[-_]?not|dont|never)[-_]?(?:share|tell|leak)/i;

/** Whether a literal under a credential's name is the credential itself. */
export function isCredentialValue(kind: CredentialKind, value: string): boolean {
  if (/\s/.test(value) || value.length > MAX_VALUE || REFERENCE.test(value) || isPlaceholder(value)) return false;
  if (STATED_SECRET.test(value)) return true;
  if (NUMBERED_IDENTIFIER.test(value)) return false;
  return kind === 'password' ? isPassword(value) : isKey(value);
}

function isKey(value: string): boolean {
  if (value.length < MIN_KEY || UUID.test(value) || entropyBits(value) < KEY_BITS) return false;
  if (/[([{<>})\]|,;]/.test(value)) return false;
  if (IDENTIFIER.test(value)) return isRandomLetters(value);
  return /\d/.test(value) || entropyBits(value) >= RANDOM_LETTER_BITS;
}

function isPassword(value: string): boolean {
  if (value.length < MIN_PASSWORD || entropyBits(value) < PASSWORD_BITS) return false;
  // A regular expression, a selector or a call, not something to type in.
  if (/^\^|\$$|^[.#[(]|\(\)|=>|\\[dwsb]/.test(value)) return false;
  return (
    /\d|[!@#$%^&*+=?~]/.test(value) && /[A-Za-z]/.test(value) && !/^[A-Za-z]+[-_.:/ ][A-Za-z-_.:/ ]*\d?$/.test(value)
  );
}

/** Letters that change case or consonants too often to be words: base64 without a digit. */
function isRandomLetters(value: string): boolean {
  if (value.length < 24 || /[-_.:/ ]/.test(value)) return false;
  const changes = value.match(/[a-z][A-Z]|[A-Z][a-z]/g)?.length ?? 0;
  return changes > value.length / 3 && entropyBits(value) >= RANDOM_LETTER_BITS;
}
