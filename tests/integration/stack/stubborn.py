"""A server that will not go: it ignores SIGTERM, and so does its child, which has a session of its own."""

import os
import signal
import time

signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
time.sleep(600)
