"""MongoDB as a target: an item becomes a document, a table a collection.

numbers     a DynamoDB number -> long or Decimal128
values      DynamoDB JSON -> values of BSON
convert     an item -> filter and document
keys        a document -> its item's key
typed       an item and a document -> the form in which they are compared
schemas     key attributes by table
writer      writes -> bulk writes
faults      what the server's errors mean
plan        which indexes a collection needs
collections making sure it is there
checks      whether the job may write there, before anything is written
pages       a collection, in the order of its `_id`
sweep       after a gap: what stands here and no longer at the source
target      all of it, as the forward job wants it
definitions, collection_side, repair
            what the check reads, and writes
checked     all of it, as the check wants it
"""

from connectors.base.extras import MONGODB, imports_of

with imports_of(MONGODB):  # here once, for every module of the package
    import pymongo  # noqa: F401
