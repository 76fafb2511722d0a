"""Durable places outside Flink's state: a local folder, or a prefix of a bucket. Dead letters and reports are
stored here.

contract   the operations of a place
folder     an absolute local folder
s3         s3://bucket/prefix: Amazon S3, and services with its interface (OSS, MinIO)
open       the storage of a place, from the settings
probe      a test of a place before the first write: writes, reads and deletes a small object
"""
