"""`polarshake doctor`: checks everything that can be checked before a job starts. It writes nothing."""
