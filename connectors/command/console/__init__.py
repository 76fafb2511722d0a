"""`polarshake console`: a read-only page about a migration, on loopback.

`collect` polls the jobs and makes the document of the page from what `status --json` prints: `stages`,
`tiles` (with `history`), `rows` of tables, the `story` of what happened, and the cut-over's conditions from
`gates`, and what needs `attention`. `events` reads what notify.events holds, and `event_story` tells it. All
but `collect`, `gates` and `events` are pure. `memory` is the small file that
survives a restart. `serve` runs the threads that poll and the HTTP `server`, which pushes each document to
all open pages through the `feed`. `address` decides which requests are answered. `page` holds the files of
the page. `command` is the subcommand.
"""
