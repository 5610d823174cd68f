import * as z from 'zod';
import { leaf } from '../group.ts';
import { choice } from '../inputs.ts';

/** Each asks the command itself, so that it knows what the command knows. Words are handed over as they are typed. */
const scripts = {
  bash: `_muster() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -W "$(muster complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _muster muster`,
  zsh: `#compdef muster
_muster() {
  local -a candidates
  candidates=("\${(@f)$(muster complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  compadd -- $candidates || _files
}
compdef _muster muster`,
  fish: `complete -c muster -f -a '(muster complete -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'`,
} as const;

/** `muster completion`. */
export const completion = leaf({
  usage: 'completion <shell>',
  summary: 'Print what makes the shell complete commands and options: bash, zsh or fish',
  examples: [
    'completion bash > ~/.local/share/bash-completion/completions/muster',
    'completion zsh > ~/.zfunc/_muster',
    'completion fish > ~/.config/fish/completions/muster.fish',
  ],
  input: z.object({ shell: choice(['bash', 'zsh', 'fish']) }),
  async run({ shell }, { output }) {
    output.result({ shell, script: scripts[shell] }, () => scripts[shell]);
  },
});
