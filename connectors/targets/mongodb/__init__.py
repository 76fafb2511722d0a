"""MongoDB as a target: an item becomes a document, a table a collection.

numbers        a DynamoDB number -> long or Decimal128 (equal numbers give equal values)
values         DynamoDB JSON -> values of BSON
convert        an item -> filter and document
keys           a document -> its item's key
typed          an item and a document -> the form in which they are compared
client         the driver's client, from the settings
decoding       BSON -> Python
schemas        key attributes by table
writer, call   writes -> bulk writes, until each is durable or a dead letter
bulk           one bulk write
isolation      the write at fault, if the server does not name it
pipeline       the writers of several threads, for the forward job
board          what the workers report to the enumerator
faults         what the server's errors mean
index_plan     the indexes that a collection needs
collections    creates a collection, or refuses one that cannot hold its table
limits         what MongoDB refuses of an item, without a connection
preflight      whether a job may read and write there, before it starts
pages          a collection, in the order of its `_id`
sweep          after a gap: deletes what the source no longer has
tables         the collections, as the forward job uses them
definitions, collection_side, repair
               what the check reads and writes
target         the contract of a target, for all jobs
"""

from connectors.base.extras import MONGODB, imports_of

with imports_of(MONGODB):  # here once, for every module of the package
    import pymongo  # noqa: F401
