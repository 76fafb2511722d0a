"""DynamoDB's protocol: a client, and on top of it the packages scan, streams, tables and write.

Both sides of the forward job use this protocol: Amazon DynamoDB, and PolarDB's DynamoDB endpoint.

caller            the one call that everything else makes
clients           the client of each side, from the settings
client, signing   requests: signing, sending and retrying
connection, reply one connection, and the HTTP answers on it
proxy             the proxy that the environment configures
aws, credentials  the configuration of the AWS SDK; access keys
answers           strict decoding of an answer's body
faults, retry     the meaning of an error, and how long it is retried
limits            a rate limit that the user sets
get               reads of items by their keys
same_server       whether both sides are the same server
"""
