/** What the command answers to the shell. Once published, a number keeps its meaning. */
export const exitCodes = {
  done: 0,
  /** The work that was waited for ended otherwise than well, or a check found something. */
  failed: 1,
  /** The command line, a file or a profile is not right; nothing was asked of the platform. */
  usage: 2,
  notFound: 3,
  /** The key is missing, wrong, ended, or may not do this. */
  notAllowed: 4,
  /** The platform refused what was asked: a field, a limit, a conflict. */
  refused: 5,
  /** The platform does not answer, or is busy: the same may work later. */
  unavailable: 6,
  /** A program that was started (`cdk`, `npm`, an agent) failed. */
  child: 7,
  interrupted: 130,
} as const;

/** One of {@link exitCodes}. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** For the help. */
export const exitCodeHelp = `Exit codes:
  0    done
  1    what was waited for ended otherwise than well, or \`doctor\` found something
  2    the command line, a file or a profile is not right
  3    there is nothing of that name or id
  4    the key is missing, wrong or ended, or may not do this
  5    the platform refused it: a field, a limit, a conflict
  6    the platform does not answer or is busy; the same may work later
  7    a program that was started failed: cdk, the local platform, an agent
  130  interrupted`;
