"""Rows of PolarDB's tables -> items of DynamoDB's tables. Pure.

`relations`: a relation as the catalog and the messages describe it; `names`: how PostgreSQL stores names.
`assignment`: which DynamoDB table each relation feeds; `overrides`, `from_settings`: where the configuration
decides that.
`keymap`: which columns may hold the key; `proof`: what rows prove about them; `keys`: both together.
`values`: text of a column -> value of a key attribute; `rows`: changes of one relation -> puts and deletes.
`layout`: the relations of one session, the way in; `errors`: what it raises.
"""
