"""``devaddr-xml completion``: the script by which a shell completes commands and options."""

from __future__ import annotations

import click

from devaddr_xml.cli.messages import PROGRAM

EXAMPLES = """\b
Examples:
  devaddr-xml completion bash > /etc/bash_completion.d/devaddr-xml
  devaddr-xml completion zsh > ~/.zfunc/_devaddr-xml
  devaddr-xml completion fish > ~/.config/fish/completions/devaddr-xml.fish
"""


@click.command("completion", epilog=EXAMPLES)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    """Print the completion script of SHELL."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None
    variable = f"_{PROGRAM}_COMPLETE".replace("-", "_").upper()
    script = kind(context.find_root().command, {}, PROGRAM, variable)
    click.echo(script.source_template % script.source_vars())
