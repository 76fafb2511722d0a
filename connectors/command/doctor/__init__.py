"""`polarshake doctor`: all that can be known before a job is started. It writes nothing, anywhere."""
