"""DynamoDB's protocol: a client, and on top of it scan, streams, tables and write.

Both ends of the forward job speak it: Amazon DynamoDB, and PolarDB's DynamoDB endpoint.
"""
