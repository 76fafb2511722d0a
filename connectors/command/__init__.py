"""The command-line tool `polarshake`. Each subcommand has its own module or package."""
