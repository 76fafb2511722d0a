"""The `polarshake` command: what a person runs around the jobs. One module or package for each subcommand."""
