"""DynamoDB's protocol: a client, and on top of it scan, streams, tables and write.

Both ends of the forward job speak it: Amazon DynamoDB, and PolarDB's DynamoDB endpoint.

caller            the one call that everything else makes
clients           the client of each end, from the settings
client, signing   requests, signed and repeated
connection, reply one connection, and the HTTP answers on it
proxy             the proxy that the environment names
aws, credentials  what the AWS SDK's own configuration says; access keys
answers           an answer's body, read strictly
faults, retry     what an error means, and how long it is waited out
limits            a rate that the user sets
get               items by their keys
same_server       whether both ends are one server
"""
