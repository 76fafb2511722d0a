"""Replication slots: set-up, the stream over a connection, and the position that may be confirmed.

`connect`, `sqlstate`: connections, and what their errors mean.
`facts`, `relation_query`, `catalog`: what the database is; `problems`: what is wrong with it, and the SQL.
`continuity`, `rewrites`: whether tables and publications are still the same, and every change was sent.
`identity`, `decoded`: whether the slot is the same.
`setup`, `waiting`: creates publications and slots, and says what it waits for.
`slot`, `stream`, `copyboth`, `wire`, `inbox`, `patience`: receive changes and report positions.
`peek`: reads the changes of a slot through SQL, before a job needs it.
`confirmed`: how far a slot may move; `deferrable`: tables whose key is checked at the commit only.
"""
