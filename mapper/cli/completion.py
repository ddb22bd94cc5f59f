"""`mapper completion`: the script with which a shell completes the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mapper.cli.command import new_command
from mapper.cli.options import argument, takes
from mapper.values.frozen import dataclass

if TYPE_CHECKING:
    from click.shell_completion import ShellComplete

_EXAMPLE = """\
mapper completion bash > ~/.local/share/bash-completion/completions/mapper
mapper completion zsh > ~/.zfunc/_mapper
mapper completion fish > ~/.config/fish/completions/mapper.fish"""


# Click's scripts put a value in the place of `--option=` too; that of fish ends a description at a comma.
_FISH_OPTION = "    set -l option (string match --regex -- '^--[^=]*=' (commandline -t));\n"
_ZSH_OPTION = '    local option=""\n    [[ $PREFIX == --*=* ]] && option="${PREFIX%%=*}="\n'
_AMENDED = {
    "zsh": (
        ("    local -a response\n", "    local -a response\n" + _ZSH_OPTION),
        ('("$key"', '("$option$key"'),
    ),
    "fish": (
        ("    set -l response", _FISH_OPTION + "    set -l response"),
        ('string split ","', 'string split --max 1 ","'),
        ("echo $metadata[2]", 'echo "$option$metadata[2]"'),
    ),
}


@dataclass(frozen=True, slots=True)
class _Options:
    """The call of `completion`: the shell."""

    shell: str = argument(type=click.Choice(["bash", "zsh", "fish"]))


@new_command("completion", _EXAMPLE)
@takes(_Options)
def command(options: _Options) -> None:
    """Print the script with which a shell completes `mapper`.

    It completes commands, options and files, codes and words of mappings for `explain`, ready mappings for
    `init --like`, and schemas for `schema`.
    """
    from click.shell_completion import get_completion_class

    from mapper.cli import commands

    kind: type[ShellComplete] | None = get_completion_class(options.shell)
    assert kind is not None
    made = kind(commands, {}, "mapper", "_MAPPER_COMPLETE")
    script = made.source_template % made.source_vars()
    for old, new in _AMENDED.get(options.shell, ()):
        script = script.replace(old, new)
    click.echo(script)
