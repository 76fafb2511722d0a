"""`polarshake slot`: the publication and the slot of the reverse job.

command   the subcommands
watch     `slot watch`: what others have written at PolarDB
"""
