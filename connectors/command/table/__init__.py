"""`polarshake table` and `polarshake throttle`: commands to the running forward job.

placing  places a command and waits for the job's answer
show     what the answer means for the user. Pure
command  the command line
"""
