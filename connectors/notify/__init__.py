"""Events go to a file of JSON lines, and to a webhook.

sender    a queue and a thread for each sink: an event never blocks a job, and a sink never blocks another
sinks     the file and the webhook
open      the sender, from the settings
stored    reads them
check     the result of a check
"""
